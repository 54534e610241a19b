"""Requests to the server: implements the SDK's `Network`, with a time limit for each attempt.

The SDK's own network waits up to 300 s for an answer, and up to 60 s between attempts. This one retries a request until
it is answered, because the run that sent it is canceled when its lease is gone.
"""

import logging
from collections.abc import Callable
from typing import Final

import aiohttp
from resonate.error import ConnectorError

from durable.clock import Clock
from durable.logs import log_event

from .replies import RefusedError, is_answer, refuses_token
from .server_clock import NoteDate, ignore_date
from .settings import Settings

_MAX_CONNECTIONS: Final = 256  # more requests would only queue at the server
_LOG = logging.getLogger(__name__)


def authorization(token: str | None) -> dict[str, str]:
    """Return the header with the token, if there is one."""
    return {"Authorization": f"Bearer {token}"} if token else {}


class BoundedNetwork:
    """`fail` is called with the reason when the server refuses the token, `note_date` with the time of each answer."""

    def __init__(
        self, settings: Settings, clock: Clock, fail: Callable[[str], None], note_date: NoteDate = ignore_date
    ) -> None:
        self._note_date: Final = note_date
        self._url: Final = settings.url.rstrip("/") + "/"
        self._headers: Final = {"Content-Type": "application/json", **authorization(settings.token)}
        self._settings: Final = settings
        self._clock: Final = clock
        self._fail: Final = fail
        self._session: aiohttp.ClientSession | None = None
        self.sent = 0

    async def start(self) -> None:
        """Open the pool of connections."""
        timeout = aiohttp.ClientTimeout(total=self._settings.request_timeout)
        self._session = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=_MAX_CONNECTIONS))

    async def stop(self) -> None:
        """Close the pool; requests under way fail."""
        session, self._session = self._session, None
        if session:
            await session.close()

    async def send(self, req: str, headers: dict[str, str] | None = None) -> str:
        """Post until an answer comes, without the SDK's headers: strict proxies refuse a name with a colon."""
        del headers
        attempt = 1
        while self._session is not None:
            answer = await self._post(self._session, req, attempt)
            if answer is not None:
                return answer
            await self._clock.sleep(self._settings.backoff.pause(attempt, self._clock.draw()))
            attempt += 1
        raise ConnectorError(RuntimeError("the worker has closed its connections"))

    async def _post(self, session: aiohttp.ClientSession, body: str, attempt: int) -> str | None:
        """Return the answer, or None when there was none in time."""
        self.sent += 1
        try:
            async with session.post(self._url, data=body, headers=self._headers) as response:
                answer = await response.text()
                self._note_date(response.headers.get("Date"))
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            log_event(_LOG, logging.WARNING, "the server did not answer", {"error": repr(exc)})
            return None
        if refuses_token(response.status):
            reason = f"the server refused a request: {response.status}"
            self._fail(reason)
            raise RefusedError(RuntimeError(reason))
        if is_answer(response.status, attempt):
            return answer
        log_event(_LOG, logging.WARNING, "the server did not answer", {"error": str(response.status)})
        return None
