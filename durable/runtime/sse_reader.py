"""Reads one open event stream, and can close it without losing messages in transit."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

import aiohttp
from resonate.connections.sse import SseFramer

from durable.logs import log_event

LEAVE_SECONDS: Final = 1.0  # a half-open connection sends nothing more
_LOG = logging.getLogger(__name__)


class SseReader:
    """Reads in a task of the group, and passes each message to the listeners."""

    def __init__(
        self, response: aiohttp.ClientResponse, listeners: Sequence[Callable[[str], None]], group: asyncio.TaskGroup
    ) -> None:
        self._response: Final = response
        self._listeners: Final = listeners
        self._is_leaving = False
        self.task: Final = group.create_task(self._read())

    def leave(self) -> None:
        """Close the sending side, and read the messages that the server sent before it noticed.

        Closing both sides would lose these messages until the server repeats them.
        """
        self._is_leaving = True
        transport = self._response.connection and self._response.connection.transport
        if transport and transport.can_write_eof():  # TLS cannot
            transport.write_eof()
        else:
            self.task.cancel()
        asyncio.get_running_loop().call_later(LEAVE_SECONDS, self.task.cancel)

    async def _read(self) -> None:
        framer = SseFramer()
        try:
            async for chunk in self._response.content.iter_any():
                for message in framer.feed(chunk):
                    for listener in self._listeners:
                        listener(message)
        except (aiohttp.ClientError, OSError) as exc:
            if not self._is_leaving:
                log_event(_LOG, logging.WARNING, "the stream was lost", {"error": repr(exc)})
        finally:
            self._response.close()
