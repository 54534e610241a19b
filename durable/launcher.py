"""Entry point of a child process: sets its limits, reads the request, calls the function and writes the answer.

The worker starts it by path, without an environment. Before its limits are set, it imports only the standard library.
All other output goes to standard error.
"""

import ctypes
import errno
import importlib
import inspect
import json
import os
import resource
import signal
import sys
from typing import Any, Final

_PR_SET_PDEATHSIG: Final = 1  # of prctl(2); the parent is the thread that started this process, the worker's main one
_ALARM_SECONDS: Final = 5.0  # after the worker's own limit: a worker that hangs kills no child
_MAX_OPEN_FILES: Final = 256


def main() -> None:
    """Answer one request."""
    _die_with_parent(int(sys.argv[1]))
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # so that prints of the function, even in C, do not mix with the answer
    head = json.loads(sys.stdin.buffer.readline())
    _set_limits(head)
    sys.path[:] = head["path"]
    kind, content = _make_answer(head, sys.stdin.buffer.read())
    out.write(kind + b"\n" + content)
    out.close()


def _die_with_parent(parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # the parent died before prctl


def _set_limits(head: dict[str, Any]) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it, and write() would raise
    signal.setitimer(signal.ITIMER_REAL, head["wall"] + _ALARM_SECONDS)
    for kind, limit in (
        (resource.RLIMIT_AS, head["memory"]),
        (resource.RLIMIT_CPU, head["cpu"]),
        (resource.RLIMIT_FSIZE, head["file"]),
        (resource.RLIMIT_NOFILE, _MAX_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        # The hard limit of CPU time is a second more: at the soft one the kernel sends SIGXCPU, which names the reason.
        resource.setrlimit(kind, (limit, limit + 1 if kind == resource.RLIMIT_CPU else limit))


def _make_answer(head: dict[str, Any], body: bytes) -> tuple[bytes, bytes]:
    errors = importlib.import_module(head["errors"])  # now, while there is memory
    try:
        return b"result", _call(head, body)
    except Exception as exc:  # noqa: BLE001 every error goes to the worker
        if isinstance(exc, MemoryError) or (isinstance(exc, OSError) and exc.errno == errno.ENOMEM):
            exc = errors.PermanentError(
                errors.ErrorCode.CHILD_MEMORY, "a child process needed more memory than its limit"
            )
        return b"error", str(errors.error_of(exc)).encode()


def _call(head: dict[str, Any], body: bytes) -> bytes:
    pydantic = importlib.import_module("pydantic")
    function = getattr(importlib.import_module(head["module"]), head["function"])
    signature = inspect.signature(function, eval_str=True)
    parameter = next(iter(signature.parameters.values()))
    result = function(pydantic.TypeAdapter(parameter.annotation).validate_json(body))
    answer: bytes = pydantic.TypeAdapter(signature.return_annotation).dump_json(result)
    return answer


if __name__ == "__main__":
    main()
