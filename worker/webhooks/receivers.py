"""Bound the requests to each receiver, so that one that is slow or down delays no other.

A request gives up its job's permit in the worker while it waits. So hundreds may wait for slow receivers, and the next
delivery starts at once. If a receiver has too many requests under way, further deliveries to it sleep durably.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from contract.delivery_log import AttemptCode
from durable import TemporaryError, current_run

_CONCURRENCY: Final = 8  # requests to one receiver at a time, from one worker
_MAX_REQUESTS: Final = 40  # to one receiver, running or waiting: the last one waits for at most five others
_MAX_TOTAL: Final = 400  # to all receivers: each has a connection and a task in memory
_BUSY_SECONDS: Final = 30.0


class _Receiver:
    def __init__(self) -> None:
        self.permits: Final = asyncio.Semaphore(_CONCURRENCY)
        self.requests = 0


class Receivers:
    """The requests of this process that are under way, by the host of their receiver."""

    def __init__(self) -> None:
        self._receivers: Final[dict[str, _Receiver]] = {}

    @asynccontextmanager
    async def take(self, host: str) -> AsyncIterator[None]:
        """Send a request inside the block, once a permit is free. Raises TemporaryError if many wait for one."""
        receiver = self._receivers.setdefault(host, _Receiver())
        total = sum(one.requests for one in self._receivers.values())
        if receiver.requests >= _MAX_REQUESTS or total >= _MAX_TOTAL:
            message = "too many requests to the receiver are under way: this one is sent later"
            raise TemporaryError(AttemptCode.RECEIVER_BUSY, message, after=_BUSY_SECONDS)
        receiver.requests += 1
        try:
            async with current_run().without_permit(), receiver.permits:
                yield
        finally:
            receiver.requests -= 1
            if not receiver.requests:
                del self._receivers[host]
