"""Work for the processor in child processes: a parser that crashes, loops or eats memory costs one child.

A child gets limits, no environment and no credentials, one request on its standard input, and one answer on its
standard output. It is ended with its group when its step is cancelled or its time is over, and by the kernel when the
worker dies, however that dies. Processes that a child starts are in its group; when the worker is killed they outlive
it until the container ends, which in production is the same moment.
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
from .timer import paused_step_timer

_LAUNCHER: Final = Path(__file__).with_name("launcher.py")
_BY_SIGNAL: Final = {signal.SIGXCPU: ErrorCode.CHILD_CPU, signal.SIGXFSZ: ErrorCode.CHILD_FILE_SIZE}
_LAST_WORDS: Final = 300  # characters of what it wrote to standard error
_PIECE: Final = 65_536
_LIMITS: Final = Limits()


async def run_in_child[A, R](work: Callable[[A], R], request: A, *, limits: Limits = _LIMITS) -> R:
    """Call a function of a module with the request in a child process, once there is a slot.

    Request and result travel as JSON and are rebuilt by the function's annotations.
    """
    signature = inspect.signature(work, eval_str=True)
    parameter = next(iter(signature.parameters.values()))
    body = TypeAdapter(parameter.annotation).dump_json(request)
    slots = current_run().tools.slots
    with paused_step_timer():
        await slots.acquire()
    try:
        answer = await _run(_head(work, limits) + b"\n" + body, limits)
    finally:
        slots.release()
    try:
        result: R = TypeAdapter(signature.return_annotation).validate_json(answer)
    except ValidationError as exc:
        raise PermanentError(
            ErrorCode.CHILD_ANSWER, f"{work.__name__} answered with another type than it says"
        ) from exc
    return result


def _head(work: Callable[..., object], limits: Limits) -> bytes:
    if work.__module__ == "__main__" or work.__qualname__ != work.__name__:
        raise TypeError(f"{work.__qualname__} must be a function of a module: a child process imports it")
    words = {"path": sys.path, "module": work.__module__, "function": work.__name__, "errors": error_of.__module__}
    return json.dumps({**words, **asdict(limits)}).encode()


async def _run(request: bytes, limits: Limits) -> bytes:
    """Return what the child answers."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", _LAUNCHER, str(os.getpid())),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={},
        start_new_session=True,
    )
    try:
        with current_run().child(process.pid):
            async with asyncio.timeout(limits.wall):
                answer, stderr_tail = await _converse(process, request, limits.answer)
                await process.wait()
    except TimeoutError as exc:
        raise TemporaryError(ErrorCode.CHILD_TIMEOUT, f"a child process was not done within {limits.wall:g} s") from exc
    finally:
        kill_group(process.pid)
        await process.wait()  # nothing that is dead is left behind
    return _judged(process.returncode or 0, answer, stderr_tail, limits)


async def _converse(process: asyncio.subprocess.Process, request: bytes, most: int) -> tuple[bytes, str]:
    assert process.stdin
    assert process.stdout
    assert process.stderr
    async with asyncio.TaskGroup() as talk:
        talk.create_task(_write(process.stdin, request))
        answer = talk.create_task(_read(process.stdout, most + 1))
        noise = talk.create_task(_read(process.stderr, _PIECE))
    return answer.result(), noise.result().decode(errors="replace")[-_LAST_WORDS:].strip()


async def _write(stream: asyncio.StreamWriter, data: bytes) -> None:
    try:
        stream.write(data)
        await stream.drain()
    except ConnectionError:
        pass  # it ended without reading all; its exit code says why
    finally:
        stream.close()


async def _read(stream: asyncio.StreamReader, most: int) -> bytes:
    """Read to the end, and keep the last bytes, as many as may be."""
    kept = bytearray()
    while piece := await stream.read(_PIECE):
        kept += piece
        del kept[:-most]
    return bytes(kept)


def _judged(code: int, answer: bytes, stderr_tail: str, limits: Limits) -> bytes:
    """Return the result in the answer, or raise what it or the exit code says."""
    if code < 0:
        raise _ended_by(signal.Signals(-code), stderr_tail)
    if len(answer) > limits.answer:
        raise PermanentError(ErrorCode.CHILD_ANSWER, f"a child process answered with more than {limits.answer} bytes")
    kind, _, content = answer.partition(b"\n")
    if code or kind not in (b"result", b"error"):
        raise PermanentError(ErrorCode.CHILD_CRASHED, f"a child process ended with {code}: {stderr_tail}")
    if kind == b"error":
        raise parse_error(content.decode())
    return content


def _ended_by(name: signal.Signals, stderr_tail: str) -> JobError:
    if name in _BY_SIGNAL:
        return PermanentError(_BY_SIGNAL[name], f"a child process exceeded its limit ({name.name})")
    # The kernel's own choice when memory is short falls on somebody else the next time; a crash is the input's doing.
    kind = TemporaryError if name in (signal.SIGKILL, signal.SIGALRM) else PermanentError
    return kind(ErrorCode.CHILD_CRASHED, f"a child process was ended by {name.name}: {stderr_tail}")
