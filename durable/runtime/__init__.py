"""What runs workflows: workers, in a process or in a function. Every name is imported when it is first used."""

from typing import TYPE_CHECKING

from durable import find_lazily

if TYPE_CHECKING:
    from durable.run_trace import NO_TRACING, Tracing
    from durable.wire.cells import Cells, ServerAddress
    from durable.wire.function_calls import CallAnswer

    from .bridge import Function
    from .cell_promises import CellPromises
    from .function_errors import CallError, FunctionFailedError, NotTakenError, UnansweredError
    from .function_worker import FunctionWorker
    from .process import WorkerProcess
    from .settings import Settings, make_pid
    from .tracing_opener import TracingError, open_tracing
    from .worker import Worker

__all__ = [
    "NO_TRACING", "CallAnswer", "CallError", "CellPromises", "Cells", "Function", "FunctionFailedError",
    "FunctionWorker", "NotTakenError", "ServerAddress", "Settings", "Tracing", "TracingError", "UnansweredError",
    "Worker", "WorkerProcess", "make_pid", "open_tracing",
]  # fmt: skip

__getattr__ = find_lazily(
    __name__,
    {
        "bridge": "Function",
        "cell_promises": "CellPromises",
        "durable.wire.cells": "Cells ServerAddress",
        "durable.wire.function_calls": "CallAnswer",
        "function_errors": "CallError FunctionFailedError NotTakenError UnansweredError",
        "function_worker": "FunctionWorker",
        "process": "WorkerProcess",
        "settings": "Settings make_pid",
        "tracing_opener": "NO_TRACING Tracing TracingError open_tracing",
        "worker": "Worker",
    },
)
