"""How a worker is to behave, as one value; what a number means stands beside it. Times in seconds."""

import os
import socket
from dataclasses import dataclass, field
from typing import Final

from durable.retry import Retry

BACKOFF: Final = Retry(first=0.1, cap=2.0)  # between attempts to reach the server; it has no last one


def own_pid() -> str:
    """Return a name for this process that no other has."""
    return f"{socket.gethostname()}-{os.getpid()}-{os.urandom(4).hex()}"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The server's url and the group that this worker belongs to must be given; the rest has a default."""

    url: str
    group: str
    pid: str = field(default_factory=own_pid, compare=False)
    token: str | None = field(default=None, repr=False)
    concurrency: int = 4  # runs at a time
    slots: int = field(default_factory=lambda: os.process_cpu_count() or 1)  # child processes at a time
    waiting: int = (
        10_000  # announced tasks remembered: what finishes within the server's retry timeout, or workers idle
    )
    lease: float = 15.0  # a crashed worker's tasks wait as long; shorter, and a busy moment costs a lease
    grace: float = 20.0  # that steps in flight have when the worker drains; a container is killed after 30
    patience: float = 5.0  # that a cancelled step has for cleaning up; then only the process's end can stop it
    request: float = 5.0  # one attempt of a request
    rotation: float = 300.0  # age at which the stream is replaced, because a half-open one looks like a quiet one
    deaf: float = 600.0  # without a stream so long, the process ends; a failover, which it survives, takes minutes
    probe: float = 30.0  # that a start-up probe has; it needs about one, because servers look at timers once a second
    gauges: float = 60.0  # between two lines of the log with what is here
    health_port: int | None = None  # of this machine's own address, where the worker says how it is
    backoff: Retry = BACKOFF

    def __post_init__(self) -> None:
        for name in ("concurrency", "slots", "waiting", "lease", "request", "rotation", "deaf", "gauges"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be more than 0, and is {getattr(self, name)}")
