"""Tasks that cannot run here: of a function or version that this worker does not know, or that cannot be read.

During a rollout another worker knows them, so they neither fail nor come back at once, many times a second. Each is
held under its lease, outside the slots, longer each time, and then released for anybody. Only its deadline ends it.
"""

import asyncio
from collections import OrderedDict
from contextlib import suppress
from typing import Final

from resonate.error import ResonateError

from durable.clock import Clock
from durable.retry import Retry

from .background import Background
from .sender import RunSender

RELEASE: Final = 2.0  # seconds that giving a task back may take; its lease ends by itself
_PLACES: Final = 1_000  # of what finds none, the lease lapses
_REMEMBERED: Final = 10_000
_RATE: Final = 10  # tasks a second that leave, two requests each
_FIRST: Final = 0.4
_AT_MOST: Final = 2.0  # seconds that a few tasks wait; many wait longer, at the rate above


class Parking:
    """Holds tasks for a while; none of them longer than its lease."""

    def __init__(self, sender: RunSender, background: Background, lease: float, clock: Clock) -> None:
        self._sender: Final = sender
        self._background: Final = background
        self._lease: Final = lease
        self._clock: Final = clock
        self._held: Final[dict[str, int]] = {}
        self._failures: Final = OrderedDict[str, int]()  # in a row
        self._closed: Final = asyncio.Event()

    def __len__(self) -> int:
        return len(self._held)

    def holds(self, task_id: str, version: int) -> bool:
        """Whether this message is about what is held here already."""
        return self._held.get(task_id, -1) >= version

    def forget(self, task_id: str) -> None:
        """Note that the task could run here after all."""
        self._failures.pop(task_id, None)

    def hold(self, task_id: str, version: int) -> None:
        """Take the task, and release it later."""
        failures = self._failures[task_id] = self._failures.pop(task_id, 0) + 1
        if len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)
        if len(self._held) < _PLACES:
            self._held[task_id] = version
            self._background.start(self._release_after(task_id, version, failures))

    def close(self) -> None:
        """Release everything now."""
        self._closed.set()

    async def _release_after(self, task_id: str, version: int, failures: int) -> None:
        cap = min(self._lease / 2, max(_AT_MOST, len(self._held) / _RATE))
        pause = Retry(first=_FIRST, cap=cap).pause(failures, self._clock.draw())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), pause)
        if self._held.get(task_id) == version:  # or a newer delivery is held by now, which has a release of its own
            del self._held[task_id]
        await give_back(self._sender, task_id, version)


async def give_back(sender: RunSender, task_id: str, version: int) -> None:
    """Release a task, so that another worker has it at once; if that fails, it has it when the lease ends."""
    with suppress(ResonateError, TimeoutError):
        async with asyncio.timeout(RELEASE):
            await sender.release(task_id, version)
