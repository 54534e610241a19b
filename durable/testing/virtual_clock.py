"""Time that passes only when the driver advances it: for the server, the SDK, and the pauses between attempts.

It is not the event loop's time: `asyncio.sleep` and `asyncio.timeout` inside a step's own body take real seconds.
"""

import asyncio
import math
from collections.abc import Callable
from typing import Final, NamedTuple

from durable.clock import Clock

START_SECONDS: Final = 1_893_456_000  # 2030-01-01 UTC: no test may depend on today


class _Sleeper(NamedTuple):
    moment: int
    alarm: asyncio.Event


class VirtualClock:
    """Milliseconds since 1970, as the server counts them. `on_sleep` is called when a task falls asleep."""

    def __init__(self) -> None:
        self.milliseconds = START_SECONDS * 1_000
        self.on_sleep: Callable[[], None] = lambda: None
        self._sleepers: Final = dict[asyncio.Task[object], _Sleeper]()

    def now(self) -> float:
        """Return the seconds since 1970."""
        # Half a millisecond later than the count, so that no reader rounds down to the millisecond before it.
        return (self.milliseconds + 0.5) / 1_000

    async def sleep(self, seconds: float) -> None:
        """Sleep in memory until the driver has advanced the clock by this time."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        task = asyncio.current_task()
        assert task is not None
        sleeper = self._sleepers[task] = _Sleeper(self.milliseconds + math.ceil(seconds * 1_000), asyncio.Event())
        self.on_sleep()
        try:
            await sleeper.alarm.wait()
        finally:
            self._sleepers.pop(task, None)

    def is_asleep(self, task: asyncio.Task[object]) -> bool:
        """Whether the task waits for this clock."""
        return task in self._sleepers

    @property
    def next_alarm(self) -> int | None:
        """The moment at which the next sleeper wakes."""
        return min((sleeper.moment for sleeper in self._sleepers.values()), default=None)

    def advance(self, moment: int) -> None:
        """Set the time, unless it is later already, and wake the sleepers whose time has come."""
        self.milliseconds = max(self.milliseconds, moment)
        for task, sleeper in list(self._sleepers.items()):
            if sleeper.moment <= self.milliseconds:
                del self._sleepers[task]
                sleeper.alarm.set()

    def as_clock(self, draw: float) -> Clock:
        """Return it as the toolkit's clock.

        Every random number is `draw`, because a test must be the same each time.
        """
        return Clock(now=self.now, monotonic=self.now, sleep=self.sleep, draw=lambda: draw)
