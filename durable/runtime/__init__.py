"""The worker that runs workflows: its process and its settings. Every name is imported when it is first used."""

from typing import TYPE_CHECKING

from durable import find_lazily

if TYPE_CHECKING:
    from durable.run_trace import NO_TRACING, Tracing

    from .process import WorkerProcess
    from .settings import Settings, make_pid
    from .tracing_opener import TracingError, open_tracing
    from .worker import Worker

__all__ = ["NO_TRACING", "Settings", "Tracing", "TracingError", "Worker", "WorkerProcess", "make_pid", "open_tracing"]

__getattr__ = find_lazily(
    __name__,
    {
        "process": "WorkerProcess",
        "settings": "Settings make_pid",
        "tracing_opener": "NO_TRACING Tracing TracingError open_tracing",
        "worker": "Worker",
    },
)
