"""Permits: the right of a run to run. A worker has as many as its concurrency.

A step that only waits for the network may give up its run's permit, so that other tasks run while slow servers answer.
A run that comes back waits for a permit, and gets it before any new task.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from .timer import pause_step_timer


class Permits:
    """Counts free permits; `on_free` is called when one becomes free for which no run waits."""

    def __init__(self, count: int, on_free: Callable[[], None]) -> None:
        self._free = count  # negative while canceled runs hold more permits than there are
        self._on_free = on_free
        self._waiting = deque[asyncio.Future[None]]()

    def try_take(self) -> bool:
        """Take a permit if one is free."""
        if self._free <= 0:
            return False
        self._free -= 1
        return True

    def take_at_once(self) -> None:
        """Take a permit even if none is free."""
        self._free -= 1

    async def take(self) -> None:
        """Take a permit, after the runs that wait already."""
        if self.try_take():
            return
        handed_over = asyncio.get_running_loop().create_future()
        self._waiting.append(handed_over)
        try:
            await handed_over
        except asyncio.CancelledError:
            if handed_over.cancelled():
                self.take_at_once()  # the caller has a permit in any case
            raise

    def give(self) -> None:
        """Hand a permit over, or free it."""
        while self._waiting and self._free >= 0:
            handed_over = self._waiting.popleft()
            if not handed_over.done():
                handed_over.set_result(None)
                return
        self._free += 1
        if self._free > 0:
            self._on_free()


class Permit:
    """The permit of one run. Several steps of it may give it up at a time; the last one takes it back."""

    def __init__(self, permits: Permits) -> None:
        self._permits = permits
        self._absent_steps = 0

    @asynccontextmanager
    async def give_up(self) -> AsyncIterator[None]:
        """Give up the permit inside the block. Waiting to get it back does not count against the step's time."""
        self._absent_steps += 1
        if self._absent_steps == 1:
            self._permits.give()
        is_canceled = False
        try:
            yield
        except asyncio.CancelledError:
            is_canceled = True
            raise
        finally:
            self._absent_steps -= 1
            if self._absent_steps == 0:
                await self._take_back(is_canceled=is_canceled)

    async def _take_back(self, *, is_canceled: bool) -> None:
        if is_canceled:
            self._permits.take_at_once()  # what ends a step must not wait
            return
        with pause_step_timer():
            await self._permits.take()
