"""Child processes for CPU work: a parser that crashes, loops or takes too much memory costs one child.

A child is forked from a fork server, which has loaded what the child needs and has seen no document. It has limits, but
no environment, no credentials and no descriptors. It reads one request and writes one answer. Where the kernel can, a
filter of system calls forbids it the network, other programs and other processes. It is killed with its process group
when its step is canceled or its time is over, and when the worker dies.
"""

import asyncio
import inspect
import json
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from .errors import ErrorCode, JobError, PermanentError, TemporaryError, parse_error
from .fork_client import FORK_SERVERS, Child
from .limits import Limits
from .preload import Preload
from .run import current_run
from .timer import pause_step_timer

_CODES: Final = {signal.SIGXCPU: ErrorCode.CHILD_CPU, signal.SIGXFSZ: ErrorCode.CHILD_FILE_SIZE}
_STDERR_CHARACTERS: Final = 300  # the last ones, quoted in an error
_READ_BYTES: Final = 65_536
_START_SECONDS: Final = 120.0  # for a fork server to load its libraries and models
_DEFAULT_LIMITS: Final = Limits()
_NO_PRELOAD: Final = Preload()


class _UnfinishedError(Exception):
    """A child was not done in time."""


async def run_in_child[A, R](
    work: Callable[[A], R],
    request: A,
    *,
    limits: Limits = _DEFAULT_LIMITS,
    preload: Preload = _NO_PRELOAD,
    folders: Sequence[Path] | None = None,
) -> R:
    """Call a module's function with the request in a child process, once a slot is free.

    Request and result travel as JSON and are rebuilt by the function's annotations. Without `preload` the child itself
    imports the function's module. A child that is not done in time is started once more, and queues for a slot again.
    With `folders`, and a kernel with landlock(7), it can use files in these folders only, and read code and the
    system's files. Otherwise it can use all files of its user.
    """
    request_type, result_type = _types_of(work)
    message = _make_head(work, limits, folders) + b"\n" + request_type.dump_json(request)
    try:
        answer = await _run_in_slot(message, limits, preload)
    except _UnfinishedError:  # the first time the machine may have been busy; the second time the input is the reason
        try:
            answer = await _run_in_slot(message, limits, preload)
        except _UnfinishedError as exc:
            text = f"a child process was twice not done within {limits.wall:g} s"
            raise PermanentError(ErrorCode.CHILD_TIMEOUT, text) from exc
    try:
        result: R = result_type.validate_json(answer)
    except ValidationError as exc:
        text = f"{work.__name__} answered with another type than its annotation"
        raise PermanentError(ErrorCode.CHILD_ANSWER, text) from exc
    return result


@cache
def _types_of(work: Callable[..., object]) -> tuple[TypeAdapter[Any], TypeAdapter[Any]]:
    if work.__module__ == "__main__" or work.__qualname__ != work.__name__:
        raise TypeError(f"{work.__qualname__} must be a function of a module: a child process imports it")
    signature = inspect.signature(work, eval_str=True)
    parameter = next(iter(signature.parameters.values()))
    return TypeAdapter(parameter.annotation), TypeAdapter(signature.return_annotation)


def _make_head(work: Callable[..., object], limits: Limits, folders: Sequence[Path] | None) -> bytes:
    head = {
        "path": sys.path,
        "work": f"{work.__module__}:{work.__name__}",
        "limits": asdict(limits),
        "folders": None if folders is None else list(map(str, folders)),
    }
    return json.dumps(head).encode()


async def _run_in_slot(message: bytes, limits: Limits, preload: Preload) -> bytes:
    """Return a child's answer, once a slot is free."""
    slots = current_run().tools.slots
    with pause_step_timer():
        await slots.acquire()
    try:
        return await _run_child(message, limits, preload)
    finally:
        slots.release()


async def _run_child(message: bytes, limits: Limits, preload: Preload) -> bytes:
    """Return the child's answer."""
    child = FORK_SERVERS.fork(preload)
    try:
        async with asyncio.timeout(_START_SECONDS):
            await child.wait_started()
        with current_run().hold_child(child.kill):
            async with asyncio.timeout(limits.wall):
                answer, stderr = await _exchange(child, message, limits.answer)
                code = await child.wait_ended()
    except TimeoutError as exc:
        if child.is_started:
            raise _UnfinishedError from exc
        text = f"a child process was not started within {_START_SECONDS:g} s"
        raise TemporaryError(ErrorCode.CHILD_TIMEOUT, text) from exc
    finally:
        await child.close()
    return _check_answer(code, answer, stderr, limits)


async def _exchange(child: Child, message: bytes, max_bytes: int) -> tuple[bytes, str]:
    """Write the request, and return the answer and the end of what the child wrote to standard error."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_write(child.exchange, message))
        answer = group.create_task(_read(child.exchange, max_bytes + 1))
        stderr = group.create_task(_read(child.stderr, _READ_BYTES))
    return answer.result(), stderr.result().decode(errors="replace")[-_STDERR_CHARACTERS:].strip()


async def _write(end: socket.socket, data: bytes) -> None:
    with suppress(OSError):  # the child ended early; its exit code shows why
        await asyncio.get_running_loop().sock_sendall(end, data)
        end.shutdown(socket.SHUT_WR)


async def _read(end: socket.socket, max_bytes: int) -> bytes:
    """Read to the end, and return the last bytes."""
    loop, kept = asyncio.get_running_loop(), bytearray()
    with suppress(ConnectionError):  # the child ended before it had read the whole request
        while piece := await loop.sock_recv(end, _READ_BYTES):
            kept += piece
            del kept[:-max_bytes]
    return bytes(kept)


def _check_answer(code: int, answer: bytes, stderr: str, limits: Limits) -> bytes:
    """Return the result in the answer, or raise the error in it or in the exit code."""
    if code < 0:
        raise _signal_error(signal.Signals(-code), stderr)
    if len(answer) > limits.answer:
        raise PermanentError(ErrorCode.CHILD_ANSWER, f"a child process answered with more than {limits.answer} bytes")
    kind, _, content = answer.partition(b"\n")
    if code or kind not in (b"result", b"error"):
        raise PermanentError(ErrorCode.CHILD_CRASHED, f"a child process ended with {code}: {stderr}")
    if kind == b"error":
        raise parse_error(content.decode())
    return content


def _signal_error(received: signal.Signals, stderr: str) -> JobError:
    if received in _CODES:
        return PermanentError(_CODES[received], f"a child process exceeded its limit ({received.name})")
    # A retry helps if the kernel killed the process because memory was short. Any other crash is due to the input.
    kind = TemporaryError if received in (signal.SIGKILL, signal.SIGALRM) else PermanentError
    return kind(ErrorCode.CHILD_CRASHED, f"a child process was ended by {received.name}: {stderr}")
