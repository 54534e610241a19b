"""Chunks of texts that nobody reads any more: their jobs must end, and not wait for a model that was taken away.

Workers whose analyzer asks for no chunks do not serve the group for them. So each of them looks now and then whether
one waits there: a deployment may have replaced every worker that reads them, while jobs had asked for some. One that is
seen twice has waited for minutes, and then this worker stands in: what it cannot read it leaves to others for a while,
and fails it in the end (`steps/chunk.py`). As long as there are workers with a model beside it, as while a deployment
brings the first of them or takes away the last, a chunk that it draws comes later by that while, and has a try less.
"""

import logging
from collections.abc import Callable
from typing import Final

from durable.logs import log_event
from durable.server import Server

_LOG: Final = logging.getLogger(__name__)


class StandIn:
    """A look at the chunks that wait; what it remembers are those of the last one."""

    def __init__(self, group: str, call: Callable[[], None]) -> None:
        """`call` has this worker serve the group; called again, it does nothing."""
        self._address: Final = f"poll://any@{group}"
        self._call: Final = call
        self._seen: set[str] = set()
        self._is_called = False

    async def __call__(self, server: Server) -> None:
        """Stand in, if one waits that waited the last time."""
        if self._is_called:
            return
        waiting = {one.id async for one in server.find({"resonate:target": self._address}, state="pending")}
        if waiting & self._seen:
            message = "chunks wait for a model, and this worker, which has none, takes them"
            log_event(_LOG, logging.WARNING, message, {"event": "standing_in", "chunks": len(waiting)})
            self._is_called = True
            self._call()
        self._seen = waiting
