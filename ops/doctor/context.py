"""The parts that the doctor checks from this machine: the API, the Resonate server, and the object store."""

from dataclasses import dataclass, field
from pathlib import Path

from durable.wire.clock import Clock
from ops.api import Api

from .server import DoctorServer


@dataclass(frozen=True, kw_only=True)
class ApiContext:
    """The API, and the clock of this machine."""

    api: Api
    clock: Clock = field(default_factory=Clock)


@dataclass(frozen=True, kw_only=True)
class CheckContext(ApiContext):
    """The parts of one system."""

    server: DoctorServer
    store: Path | None = None  # the folder of the object store, if it is on this machine
    is_local: bool = True  # only this machine reaches the server, so that the server can push to this machine only
    worker_timeout: float = 8.0  # seconds for a worker to take a probe; messages are sent again every 2 to 5
    push_timeout: float = 5.0  # seconds for a message; the server pushes within 0.1 s unless its machine is busy
