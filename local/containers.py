"""A Lambda function on this machine: its real handler in processes, each of which answers one event at a time.

As on Lambda, a process serves later events, is killed when an event takes longer than the function's timeout, is
replaced after its end, and ends after a time without events.
"""

import asyncio
import json
import sys
import uuid
from contextlib import suppress
from typing import Final, Self

from .events import Json
from .functions import FunctionError
from .tether import tether_command

MAX_ANSWER_BYTES: Final = 8 * 2**20  # Lambda's own limit is 6 MB
START_SECONDS: Final = 60.0  # for the import of the handler, which Lambda's timeout does not include either
BUSY_SECONDS: Final = 0.3  # until an event that waits gets a process more: most events end before one has started
IDLE_SECONDS: Final = 60.0  # until a process without events ends, except the last one: each holds 60 MB


class Containers:
    """The processes of one function: at most `limit` of them, started on demand."""

    def __init__(
        self,
        handler: str,
        *,
        limit: int,
        seconds: float,
        busy_seconds: float = BUSY_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """`handler` is a dotted path; `seconds` is the function's timeout."""
        self._handler: Final = handler
        self._seconds: Final = seconds
        self._permits: Final = asyncio.Semaphore(limit)
        self._busy_seconds: Final = busy_seconds
        self._idle_seconds: Final = idle_seconds
        self._idle: Final[list[_Container]] = []  # the longest idle one first
        self._freed: Final = asyncio.Event()  # set when a process becomes idle
        self._timer: asyncio.TimerHandle | None = None
        self._endings: Final[set[asyncio.Task[None]]] = set()
        self._all: Final[set[_Container]] = set()

    @property
    def is_full(self) -> bool:
        """Whether a further event would have to wait."""
        return self._permits.locked()

    async def call(self, event: Json) -> Json:
        """Answer one event, after others if all processes are in use. Raises FunctionError."""
        async with self._permits:
            container = await self._take()
            try:
                reply = await container.call(event, self._seconds)
            except BaseException:
                await self._end(container)
                raise
            self._put_back(container)
        if error := reply.get("error"):
            raise FunctionError(f"the function raised {error['errorType']}: {error['errorMessage']}", error)
        answer: Json = reply["answer"]
        return answer

    async def close(self) -> None:
        """End the processes."""
        if self._timer is not None:
            self._timer.cancel()
        for container in list(self._all):
            await self._end(container)
        await asyncio.gather(*self._endings)

    async def _take(self) -> "_Container":
        """Return an idle process that has not ended, or start another one."""
        if self._all:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wait_for_idle(), self._busy_seconds)
        while self._idle:
            if (container := self._idle.pop()).is_running:
                return container
            await self._end(container)
        container = await _Container.start(self._handler)
        self._all.add(container)
        return container

    async def _wait_for_idle(self) -> None:
        while not self._idle:
            self._freed.clear()
            await self._freed.wait()

    def _put_back(self, container: "_Container") -> None:
        loop = asyncio.get_running_loop()
        container.idle_since = loop.time()
        self._idle.append(container)
        self._freed.set()
        if self._timer is None:
            self._timer = loop.call_later(self._idle_seconds, self._end_idle)

    def _end_idle(self) -> None:
        """End the processes without events for a while, but keep the last one, so that the next event need not wait."""
        loop = asyncio.get_running_loop()
        latest = loop.time() - self._idle_seconds
        while len(self._all) > 1 and self._idle and self._idle[0].idle_since <= latest:
            container = self._idle.pop(0)
            self._all.discard(container)
            ending = loop.create_task(container.end())
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)
        self._timer = loop.call_later(self._idle_seconds, self._end_idle) if len(self._all) > 1 else None

    async def _end(self, container: "_Container") -> None:
        self._all.discard(container)
        await container.end()


class _Container:
    """One process."""

    def __init__(self, handler: str, process: asyncio.subprocess.Process) -> None:
        self._function: Final = handler.split(".")[-3]
        self._process: Final = process
        self.idle_since = 0.0  # by the event loop's clock

    @classmethod
    async def start(cls, handler: str) -> Self:
        """Start it, and wait until it has imported the handler."""
        pipe = asyncio.subprocess.PIPE
        command = tether_command([sys.executable, "-m", "local.container", handler])
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=MAX_ANSWER_BYTES)
        container = cls(handler, process)
        try:
            await container._read(START_SECONDS, str(uuid.uuid4()))
        except BaseException:
            await container.end()
            raise
        return container

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    async def call(self, event: Json, seconds: float) -> Json:
        """Return its reply to an event. Raises FunctionError if it ends, or takes longer."""
        request_id = str(uuid.uuid4())
        call = {"event": event, "function": self._function, "requestId": request_id, "seconds": seconds}
        assert self._process.stdin
        self._process.stdin.write(json.dumps(call).encode() + b"\n")
        reply: Json = json.loads(await self._read(seconds, request_id))
        return reply

    async def _read(self, seconds: float, request_id: str) -> bytes:
        assert self._process.stdout
        try:
            async with asyncio.timeout(seconds):
                line = await self._process.stdout.readline()
        except TimeoutError as error:
            text = f"Task timed out after {seconds:.2f} seconds"
            raise FunctionError(text, _explain("Sandbox.Timedout", request_id, text)) from error
        if not line:
            text = f"Runtime exited with error: {_describe_exit(await self._process.wait())}"
            raise FunctionError(text, _explain("Runtime.ExitError", request_id, text))
        return line

    async def end(self) -> None:
        """Kill it, if it has not ended."""
        if self.is_running:
            self._process.kill()
        await self._process.wait()


def _explain(kind: str, request_id: str, text: str) -> Json:
    """Return Lambda's message for a function that it ended, or that ended by itself."""
    return {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {text}"}


def _describe_exit(code: int) -> str:
    return f"signal: {-code}" if code < 0 else f"exit status {code}"
