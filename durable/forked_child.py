"""The child that a fork server forks: it confines itself, answers one request, and ends.

It has no descriptor but the exchange with the worker and standard error, so it reaches no other document.
"""

import errno
import inspect
import os
import resource
import signal
import sys
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any, Final, NoReturn

from pydantic import BaseModel, TypeAdapter

from .errors import ErrorCode, PermanentError, error_of
from .limits import Limits
from .sandbox import can_confine_files, confine_files, drop_rights, forbid_calls, set_option

_PR_SET_PDEATHSIG: Final = 1  # of prctl(2)
_ALARM_SECONDS: Final = 5.0  # after the worker's own limit: a worker that hangs kills no child
_MAX_OPEN_FILES: Final = 256
_MAX_DESCRIPTORS: Final = 1 << 20


class RequestHead(BaseModel):
    """The first line of a request: which function to call, where to import from, the limits, and the folders to use."""

    work: str
    path: list[str]
    limits: Limits
    folders: list[str] | None  # None: all that the user may use


def run_child(parent: int, ends: list[int], address_space: int, *, has_filter: bool) -> NoReturn:
    """Answer one request, in a process that has no descriptor but the exchange and standard error."""
    exchange, stderr, _ = ends
    code = 1
    try:
        os.setsid()
        _die_with_parent(parent)
        os.dup2(exchange, 0)
        os.dup2(stderr, 1)  # so that prints of the function, even in C, do not mix with the answer
        os.dup2(stderr, 2)
        os.closerange(3, _MAX_DESCRIPTORS)
        drop_rights()
        if has_filter:
            forbid_calls()
        _answer(address_space)
        code = 0
    except BaseException as exc:  # noqa: BLE001 nothing may run on in a copy of the fork server
        with suppress(BaseException):
            sys.stderr.write(f"{type(exc).__name__}: {exc}\n")
    with suppress(BaseException):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _die_with_parent(parent: int) -> None:
    set_option(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # the parent died before prctl


def _answer(address_space: int) -> None:
    with open(0, "rb", closefd=False) as source:
        head = RequestHead.model_validate_json(source.readline())
        _set_limits(head.limits, address_space)
        body = source.read()
    sys.path[:] = head.path
    if head.folders is not None and can_confine_files():
        confine_files(head.folders, {sys.prefix, sys.base_prefix, *head.path})
    kind, content = _make_answer(head.work, body)
    with open(0, "wb", closefd=False) as out:
        out.write(kind + b"\n" + content)


def _set_limits(limits: Limits, address_space: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it, and write() would raise
    signal.setitimer(signal.ITIMER_REAL, limits.wall + _ALARM_SECONDS)
    for kind, limit in (
        (resource.RLIMIT_AS, address_space + limits.memory),
        (resource.RLIMIT_CPU, limits.cpu),
        (resource.RLIMIT_FSIZE, limits.file),
        (resource.RLIMIT_NOFILE, _MAX_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        # The hard limit of CPU time is a second more: at the soft one the kernel sends SIGXCPU, which names the reason.
        resource.setrlimit(kind, (limit, limit + 1 if kind == resource.RLIMIT_CPU else limit))


def _make_answer(work: str, body: bytes) -> tuple[bytes, bytes]:
    try:
        request_type, function, result_type = prepare(work)
        return b"result", result_type.dump_json(function(request_type.validate_json(body)))
    except Exception as exc:  # noqa: BLE001 every error goes to the worker
        if isinstance(exc, MemoryError) or (isinstance(exc, OSError) and exc.errno == errno.ENOMEM):
            exc = PermanentError(ErrorCode.CHILD_MEMORY, "a child process needed more memory than its limit")
        return b"error", str(error_of(exc)).encode()


@cache
def prepare(work: str) -> tuple[TypeAdapter[Any], Any, TypeAdapter[Any]]:
    """Return a function between the types of its request and its result; for a preloaded one this takes no time."""
    function = resolve(work)
    signature = inspect.signature(function, eval_str=True)
    parameter = next(iter(signature.parameters.values()))
    return TypeAdapter(parameter.annotation), function, TypeAdapter(signature.return_annotation)


def resolve(name: str) -> Any:  # noqa: ANN401 any function
    """Return the function that a name such as `package.module:function` means."""
    module, _, function = name.partition(":")
    return getattr(import_module(module), function)
