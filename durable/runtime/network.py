"""Requests to the server, each attempt with a time limit. The SDK's own wait up to 300 s, and up to 60 s in between.

It satisfies the SDK's `Network` and repeats a request until there is an answer: whoever waits for it is cancelled when
its lease is gone.
"""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import aiohttp
from resonate.error import ConnectorError

from durable.clock import Clock
from durable.logs import log_event

from .settings import Settings

REFUSED: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_NO_ANSWER: Final = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
_FAULTS: Final = 6  # times that a 500 is no answer: its database fails over. After five seconds of it, it is one
_CONNECTIONS: Final = 256  # at once; more would only queue at the server
_LOG = logging.getLogger(__name__)


class RefusedError(ConnectorError):
    """The server does not accept our token: only a new process, with a new one, can help."""


def authorization(token: str | None) -> dict[str, str]:
    """Return the header that says who we are, if we are somebody."""
    return {"Authorization": f"Bearer {token}"} if token else {}


class BoundedNetwork:
    """`on_refused` is told why when the server does not know us."""

    def __init__(self, settings: Settings, clock: Clock, on_refused: Callable[[str], None]) -> None:
        self._url: Final = settings.url.rstrip("/") + "/"
        self._headers: Final = {"Content-Type": "application/json", **authorization(settings.token)}
        self._settings: Final = settings
        self._clock: Final = clock
        self._on_refused: Final = on_refused
        self._session: aiohttp.ClientSession | None = None
        self.sent = 0

    async def start(self) -> None:
        """Open the pool of connections."""
        timeout = aiohttp.ClientTimeout(total=self._settings.request_timeout)
        self._session = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=_CONNECTIONS))

    async def stop(self) -> None:
        """Close it; requests that are under way fail."""
        session, self._session = self._session, None
        if session:
            await session.close()

    async def send(self, req: str, headers: dict[str, str] | None = None) -> str:
        """Post until an answer comes. The SDK's headers stay here: strict proxies refuse a name with a colon."""
        del headers
        attempt = 1
        while self._session is not None:
            answer = await self._post(self._session, req, bears_faults=attempt <= _FAULTS)
            if answer is not None:
                return answer
            await self._clock.sleep(self._settings.backoff.pause(attempt, self._clock.draw()))
            attempt += 1
        raise ConnectorError(RuntimeError("the network is stopped"))

    async def _post(self, session: aiohttp.ClientSession, body: str, *, bears_faults: bool) -> str | None:
        """Return the answer, or nothing when there was none in time."""
        self.sent += 1
        try:
            async with session.post(self._url, data=body, headers=self._headers) as response:
                answer = await response.text()
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            log_event(_LOG, logging.WARNING, "no answer", {"error": repr(exc)})
            return None
        if response.status in REFUSED:
            why = f"the server refused a request: {response.status}"
            self._on_refused(why)
            raise RefusedError(RuntimeError(why))
        is_fault = response.status == HTTPStatus.INTERNAL_SERVER_ERROR
        if response.status in _NO_ANSWER or (is_fault and bears_faults):
            log_event(_LOG, logging.WARNING, "no answer", {"error": str(response.status)})
            return None
        return answer
