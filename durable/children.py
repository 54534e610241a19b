"""Child processes for CPU work: a parser that crashes, loops or takes too much memory costs one child.

A child gets limits, no environment and no credentials, one request on its standard input, and writes one answer to its
standard output. It is killed with its process group when its step is canceled or its time is over; the kernel kills it
when the worker dies. Processes that a child starts are in its group; if the worker is killed, they live until the
container ends, which in production is the same moment.
"""

import asyncio
import inspect
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from .errors import ErrorCode, JobError, PermanentError, TemporaryError, error_of, parse_error
from .limits import Limits
from .run import current_run, kill_group
from .timer import pause_step_timer

_LAUNCHER: Final = Path(__file__).with_name("launcher.py")
_CODES: Final = {signal.SIGXCPU: ErrorCode.CHILD_CPU, signal.SIGXFSZ: ErrorCode.CHILD_FILE_SIZE}
_STDERR_CHARACTERS: Final = 300  # the last ones, quoted in an error
_READ_BYTES: Final = 65_536
_DEFAULT_LIMITS: Final = Limits()


async def run_in_child[A, R](work: Callable[[A], R], request: A, *, limits: Limits = _DEFAULT_LIMITS) -> R:
    """Call a module's function with the request in a child process, once a slot is free.

    Request and result travel as JSON and are rebuilt by the function's annotations.
    """
    signature = inspect.signature(work, eval_str=True)
    parameter = next(iter(signature.parameters.values()))
    body = TypeAdapter(parameter.annotation).dump_json(request)
    slots = current_run().tools.slots
    with pause_step_timer():
        await slots.acquire()
    try:
        answer = await _run_launcher(_make_head(work, limits) + b"\n" + body, limits)
    finally:
        slots.release()
    try:
        result: R = TypeAdapter(signature.return_annotation).validate_json(answer)
    except ValidationError as exc:
        message = f"{work.__name__} answered with another type than its annotation"
        raise PermanentError(ErrorCode.CHILD_ANSWER, message) from exc
    return result


def _make_head(work: Callable[..., object], limits: Limits) -> bytes:
    if work.__module__ == "__main__" or work.__qualname__ != work.__name__:
        raise TypeError(f"{work.__qualname__} must be a function of a module: a child process imports it")
    names = {"path": sys.path, "module": work.__module__, "function": work.__name__, "errors": error_of.__module__}
    return json.dumps({**names, **asdict(limits)}).encode()


async def _run_launcher(request: bytes, limits: Limits) -> bytes:
    """Return the child's answer."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", _LAUNCHER, str(os.getpid())),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={},
        start_new_session=True,
    )
    try:
        with current_run().hold_child(process.pid):
            async with asyncio.timeout(limits.wall):
                answer, stderr = await _exchange(process, request, limits.answer)
                await process.wait()
    except TimeoutError as exc:
        message = f"a child process was not done within {limits.wall:g} s"
        raise TemporaryError(ErrorCode.CHILD_TIMEOUT, message) from exc
    finally:
        kill_group(process.pid)
        await process.wait()  # leave no zombie
    return _check_answer(process.returncode or 0, answer, stderr, limits)


async def _exchange(process: asyncio.subprocess.Process, request: bytes, max_bytes: int) -> tuple[bytes, str]:
    """Write the request, and return the answer and the end of what the child wrote to standard error."""
    assert process.stdin
    assert process.stdout
    assert process.stderr
    async with asyncio.TaskGroup() as group:
        group.create_task(_write(process.stdin, request))
        answer = group.create_task(_read(process.stdout, max_bytes + 1))
        stderr = group.create_task(_read(process.stderr, _READ_BYTES))
    return answer.result(), stderr.result().decode(errors="replace")[-_STDERR_CHARACTERS:].strip()


async def _write(stream: asyncio.StreamWriter, data: bytes) -> None:
    try:
        stream.write(data)
        await stream.drain()
    except ConnectionError:
        pass  # the child ended early; its exit code shows why
    finally:
        stream.close()


async def _read(stream: asyncio.StreamReader, max_bytes: int) -> bytes:
    """Read to the end, and return the last bytes."""
    kept = bytearray()
    while piece := await stream.read(_READ_BYTES):
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
