"""The worker that runs workflows: its process and its settings. Every name is imported when it is first used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from durable.run_trace import NO_TRACING, Tracing

    from .process import WorkerProcess
    from .settings import Settings, make_pid
    from .tracing_opener import TracingError, open_tracing
    from .worker import Worker

__all__ = ["NO_TRACING", "Settings", "Tracing", "TracingError", "Worker", "WorkerProcess", "make_pid", "open_tracing"]

_MODULES: Final = {
    "NO_TRACING": "tracing_opener",
    "Settings": "settings",
    "Tracing": "tracing_opener",
    "TracingError": "tracing_opener",
    "Worker": "worker",
    "WorkerProcess": "process",
    "make_pid": "settings",
    "open_tracing": "tracing_opener",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 type checkers see the imports above
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
