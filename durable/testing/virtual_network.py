"""A worker's requests to the server without a network. It implements the SDK's `Network`, and loses cut requests."""

import asyncio
from collections.abc import Callable
from typing import Final

from .request_log import RequestLog, describe
from .servers import DrivenServer

# The number of these depends on the time that passes, so they are neither counted nor cut off.
_UNCOUNTED_KINDS: Final = frozenset({"task.heartbeat", "task.get"})


class VirtualNetwork:
    """`die` kills the worker; `on_answer` is called after each answer."""

    def __init__(
        self, server: DrivenServer, log: RequestLog, *, die: Callable[[], None], on_answer: Callable[[], None]
    ) -> None:
        self._server: Final = server
        self._log: Final = log
        self._die: Final = die
        self._on_answer: Final = on_answer
        self.is_cut_off = False
        self.under_way = 0  # requests

    async def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    async def send(self, req: str, headers: dict[str, str] | None = None) -> str:
        """Return the answer; the coroutines of a dead worker end here."""
        del headers
        self.under_way += 1
        try:
            return await self._exchange(req)
        finally:
            self.under_way -= 1
            self._on_answer()

    async def _exchange(self, request: str) -> str:
        while True:
            for _ in range(self._log.draw_turns()):
                await asyncio.sleep(0)
            self._raise_if_dead()
            cut = None if describe(request)[0] in _UNCOUNTED_KINDS else self._log.count(request)
            if cut == "before":
                self._die()
                self._raise_if_dead()
            answer = self._server.post(request.encode()).body.decode()
            if cut == "after":
                self._die()
                self._raise_if_dead()
            if cut != "answer":  # otherwise it is lost, and the worker sends the request again
                return answer

    def _raise_if_dead(self) -> None:
        if self.is_cut_off:
            raise asyncio.CancelledError
