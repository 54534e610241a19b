"""Requests to the server from a function: implements the SDK's `Network` without an HTTP library of its own.

The worker's network needs aiohttp. Its import would make a function's start half as long again, and its connections
belong to one event loop, while a function has a new loop for each call and should keep its connections. Each request is
sent in a thread.
"""

import asyncio
import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from durable.clock import Clock
from durable.logs import log_event
from durable.wire.errors import Unavailable
from durable.wire.limits import Limits
from durable.wire.transport import Transport

from .replies import RefusedError, is_answer, refuses_token
from .settings import Settings

_LOG: Final = logging.getLogger(__name__)
_MAX_CONNECTIONS: Final = 16
_MAX_REPLY_BYTES: Final = 64 * 2**20  # a task comes with the promises of its calls


class WireNetwork:
    """One server. A call of the function does not end it: the next one uses its connections."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        limits = Limits(
            response_timeout=settings.request_timeout, max_idle=_MAX_CONNECTIONS, max_bytes=_MAX_REPLY_BYTES
        )
        self._transport: Final = Transport(settings.url, limits, clock.monotonic, socket.create_connection)
        self._settings: Final = settings
        self._clock: Final = clock
        # Not the loop's own threads: at its end a loop waits for them, and the time of a call is limited.
        self._threads: Final = ThreadPoolExecutor(_MAX_CONNECTIONS, "server")

    async def start(self) -> None:
        """Do nothing: a connection is opened when it is needed."""

    async def stop(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Close the connections and the threads: a process that ends need not."""
        self._transport.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def send(self, req: str, headers: dict[str, str] | None = None) -> str:
        """Post until an answer comes."""
        del headers
        body, attempt = req.encode(), 1
        while True:
            answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._post, body, attempt)
            if answer is not None:
                return answer
            await self._clock.sleep(self._settings.backoff.pause(attempt, self._clock.draw()))
            attempt += 1

    def _post(self, body: bytes, attempt: int) -> str | None:
        """Return the answer, or None when there was none in time."""
        end = self._clock.monotonic() + self._settings.request_timeout
        try:
            reply = self._transport.post(body, end, fresh=attempt > 1)
        except Unavailable as exc:
            log_event(_LOG, logging.WARNING, "the server did not answer", {"error": str(exc)})
            return None
        if refuses_token(reply.status):
            raise RefusedError(RuntimeError(f"the server refused a request: {reply.status}"))
        if is_answer(reply.status, attempt):
            return reply.body.decode()
        log_event(_LOG, logging.WARNING, "the server did not answer", {"error": str(reply.status)})
        return None
