"""The event stream from the server, kept open: implements the SDK's `Source`.

The SDK's own stream ends silently after 300 s. This one reopens when it ends, and is replaced at a maximum age because
a half-open connection looks like a quiet one. The new stream opens before the old one closes: a message without a
listener is lost until the server's retry timeout.
"""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import aiohttp
from resonate.connections.sse import resolve_target, unicast

from durable.clock import Clock
from durable.logs import log_event

from .background import Background
from .network import authorization
from .replies import refuses_token
from .settings import Settings
from .sse_reader import LEAVE_SECONDS, SseReader

_LOG = logging.getLogger(__name__)
_JITTER: Final = 0.2  # share of the maximum age: workers that started together replace their streams apart


class EventStream:
    """`fail` is called with the reason when it is impossible to open a stream."""

    def __init__(self, settings: Settings, clock: Clock, fail: Callable[[str], None]) -> None:
        self._settings: Final = settings
        self._clock: Final = clock
        self._fail: Final = fail
        self._url: Final = f"{settings.url.rstrip('/')}/poll/{settings.group}/{settings.pid}"
        self._headers: Final = {"Accept": "text/event-stream", **authorization(settings.token)}
        self._listeners: list[Callable[[str], None]] = []
        self._keeper: Final = Background(fail)
        self._readers: Final = set[SseReader]()
        self._is_stopped = False
        self.opened = 0  # since the start

    @property
    def connected(self) -> int:
        """The number of open streams: two while one replaces the other."""
        return len(self._readers)

    def unicast(self) -> str:
        """Return the address of this worker."""
        return unicast(self._settings.group, self._settings.pid)

    def resolve_target(self, target: str) -> str:
        """Return the address of a group."""
        return resolve_target(target)

    def recv(self, callback: Callable[[str], None]) -> None:
        """Pass each message to the callback."""
        self._listeners.append(callback)

    async def start(self) -> None:
        """Start to keep a stream open."""
        self._keeper.start(self._keep_open())

    async def stop(self) -> None:
        """Close it for good, after the messages that the server has sent are read."""
        readers, self._is_stopped = list(self._readers), True
        for reader in readers:
            reader.leave()
        if readers:
            await asyncio.wait([reader.task for reader in readers], timeout=LEAVE_SECONDS)
        self._keeper.cancel()
        await self._keeper.wait(LEAVE_SECONDS)

    async def _keep_open(self) -> None:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._settings.request_timeout)
        last_open = self._clock.monotonic()
        attempt = 1
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as group:
            old: SseReader | None = None
            while not self._is_stopped:
                new = await self._open(session, group)
                if new:
                    if old:
                        old.leave()
                    old = new
                    await asyncio.wait({new.task}, timeout=self._choose_max_age())
                    last_open = self._clock.monotonic()
                    if not new.task.done():
                        attempt = 1
                        continue  # it has reached its maximum age
                elif self._clock.monotonic() - last_open > self._settings.max_silence:
                    self._fail(f"no stream for {self._settings.max_silence:g} s")
                await self._clock.sleep(self._settings.backoff.pause(attempt, self._clock.draw()))
                attempt += 1

    def _choose_max_age(self) -> float:
        return self._settings.stream_max_age * (1 - _JITTER * self._clock.draw())

    async def _open(self, session: aiohttp.ClientSession, group: asyncio.TaskGroup) -> SseReader | None:
        """Open a stream and start to read it; return None if that failed or took too long."""
        try:
            async with asyncio.timeout(self._settings.request_timeout):
                response = await session.get(self._url, headers=self._headers)
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            log_event(_LOG, logging.WARNING, "the stream could not be opened", {"error": repr(exc)})
            return None
        if response.status == HTTPStatus.OK:
            return self._start_reader(response, group)
        response.close()
        if refuses_token(response.status):
            self._fail(f"the server refused the stream: {response.status}")
        log_event(_LOG, logging.WARNING, "the stream could not be opened", {"error": str(response.status)})
        return None

    def _start_reader(self, response: aiohttp.ClientResponse, group: asyncio.TaskGroup) -> SseReader:
        reader = SseReader(response, self._listeners, group)
        self.opened += 1
        self._readers.add(reader)
        reader.task.add_done_callback(lambda _: self._readers.discard(reader))
        return reader
