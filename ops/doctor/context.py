"""What a doctor on this machine looks at: the API, the engine, and where documents and journals lie."""

from dataclasses import dataclass
from pathlib import Path

from ops.api import Api
from ops.clock import SYSTEM_CLOCK, Clock

from .engine import Engine


@dataclass(frozen=True, kw_only=True)
class CheckContext:
    """A test gives its own clock and sleep."""

    api: Api
    engine: Engine
    store: Path | None = None  # the folder, when it is one of this machine
    only_here: bool = True  # nobody but this machine reaches the engine, so that what it may push to is our own
    clock: Clock = SYSTEM_CLOCK
    patience: float = 8.0  # seconds that a worker has to take a probe; messages are sent again every 2 to 5
