"""The stream of messages from the server, which never goes deaf: it satisfies the SDK's `Source`.

The SDK's own dies without a word after 300 s. Ours has no such limit, is opened again whenever it ends, and is replaced
now and then, because a half-open connection looks like a quiet one. The new one is opened before the old one is closed:
what the server sends while nobody listens comes again only after its retry timeout.
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
from .network import REFUSED, authorization
from .reading import FAREWELL, Reading
from .settings import Settings

_LOG = logging.getLogger(__name__)


class EventStream:
    """`on_lost` is told why when there will be no stream any more."""

    def __init__(self, settings: Settings, clock: Clock, on_lost: Callable[[str], None]) -> None:
        self._settings: Final = settings
        self._clock: Final = clock
        self._on_lost: Final = on_lost
        self._url: Final = f"{settings.url.rstrip('/')}/poll/{settings.group}/{settings.pid}"
        self._headers: Final = {"Accept": "text/event-stream", **authorization(settings.token)}
        self._listeners: list[Callable[[str], None]] = []
        self._keeper: Final = Background(on_lost)
        self._readings: Final = set[Reading]()
        self._is_stopped = False
        self.opened = 0  # ever

    @property
    def connected(self) -> int:
        """How many are open; two for the moment in which one replaces the other."""
        return len(self._readings)

    def unicast(self) -> str:
        """Return the address of this process."""
        return unicast(self._settings.group, self._settings.pid)

    def resolve_target(self, target: str) -> str:
        """Return the address of a group."""
        return resolve_target(target)

    def recv(self, callback: Callable[[str], None]) -> None:
        """Have it called with each message."""
        self._listeners.append(callback)

    async def start(self) -> None:
        """Begin to keep a stream open."""
        self._keeper.start(self._keep_open())

    async def stop(self) -> None:
        """Close it for good, and hear the last that was sent to us."""
        readings, self._is_stopped = list(self._readings), True
        for reading in readings:
            reading.leave()
        if readings:
            await asyncio.wait([reading.task for reading in readings], timeout=FAREWELL)
        self._keeper.cancel()
        await self._keeper.wait(FAREWELL)

    async def _keep_open(self) -> None:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._settings.request_timeout)
        heard = self._clock.monotonic()
        attempt = 1
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as group:
            old: Reading | None = None
            while not self._is_stopped:
                new = await self._open(session, group)
                if new:
                    if old:
                        old.leave()
                    old = new
                    await asyncio.wait({new.task}, timeout=self._age())
                    heard = self._clock.monotonic()
                    if not new.task.done():
                        attempt = 1
                        continue  # it is old enough to be replaced
                elif self._clock.monotonic() - heard > self._settings.max_silence:
                    self._on_lost(f"no stream for {self._settings.max_silence:g} s")
                await self._clock.sleep(self._settings.backoff.pause(attempt, self._clock.draw()))
                attempt += 1

    def _age(self) -> float:
        # Workers that were started together do not replace their streams together.
        return self._settings.stream_max_age * (1 - 0.2 * self._clock.draw())

    async def _open(self, session: aiohttp.ClientSession, group: asyncio.TaskGroup) -> Reading | None:
        """Open another stream and begin to read it; return nothing if that was not possible in time."""
        try:
            async with asyncio.timeout(self._settings.request_timeout):
                response = await session.get(self._url, headers=self._headers)
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            log_event(_LOG, logging.WARNING, "the stream could not be opened", {"error": repr(exc)})
            return None
        if response.status == HTTPStatus.OK:
            return self._reading(response, group)
        response.close()
        if response.status in REFUSED:
            self._on_lost(f"the server refused the stream: {response.status}")
        log_event(_LOG, logging.WARNING, "the stream could not be opened", {"error": str(response.status)})
        return None

    def _reading(self, response: aiohttp.ClientResponse, group: asyncio.TaskGroup) -> Reading:
        reading = Reading(response, self._listeners, group)
        self.opened += 1
        self._readings.add(reading)
        reading.task.add_done_callback(lambda _: self._readings.discard(reading))
        return reading
