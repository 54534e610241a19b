"""What a child process starts with: it limits itself, reads its request, calls the function and writes the answer.

It is started by its path, in an interpreter without environment, and imports only the standard library before the
limits hold. Whatever else is printed goes to standard error.
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

_DIE_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG of prctl(2); it holds for the thread that started us, the worker's main
_SLACK: Final = 5.0  # seconds after the worker would have ended us: it may be stopped, and then nobody does
_FILES: Final = 256  # open at a time


def main() -> None:
    """Answer one request."""
    _die_with(int(sys.argv[1]))
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed on the way, by C code too, is no answer
    head = json.loads(sys.stdin.buffer.readline())
    _limit(head)
    sys.path[:] = head["path"]
    kind, content = _answer(head, sys.stdin.buffer.read())
    out.write(kind + b"\n" + content)
    out.close()


def _die_with(parent: int) -> None:
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # it died before we had asked to die with it


def _limit(head: dict[str, Any]) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it, and the error would be the function's to handle
    signal.setitimer(signal.ITIMER_REAL, head["wall"] + _SLACK)
    for what, most in (
        (resource.RLIMIT_AS, head["memory"]),
        (resource.RLIMIT_CPU, head["cpu"]),
        (resource.RLIMIT_FSIZE, head["file"]),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        # One second more for the hard limit of the processor's time: at the soft one the kernel says why.
        resource.setrlimit(what, (most, most + 1 if what == resource.RLIMIT_CPU else most))


def _answer(head: dict[str, Any], body: bytes) -> tuple[bytes, bytes]:
    errors = importlib.import_module(head["errors"])  # now: later there may be no memory for it
    try:
        return b"result", _call(head, body)
    except Exception as exc:  # noqa: BLE001 it crosses to the worker, whatever it is
        if isinstance(exc, MemoryError) or (isinstance(exc, OSError) and exc.errno == errno.ENOMEM):
            exc = errors.PermanentError(
                errors.ErrorCode.CHILD_MEMORY, "a child process needed more memory than it may have"
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
