"""The worker that runs workflows: its process and its settings. Every name is imported when it is first used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .process import WorkerProcess
    from .settings import Settings, make_pid
    from .worker import Worker

__all__ = ["Settings", "Worker", "WorkerProcess", "make_pid"]

_MODULES: Final = {"Settings": "settings", "Worker": "worker", "WorkerProcess": "process", "make_pid": "settings"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 type checkers see the imports above
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
