"""Run periodic tasks. A task retries while the database is unavailable; every other error ends the program."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .clock import Clock
from .errors import UnavailableError


class PeriodicTask(Protocol):
    """Work that is repeated, for ever or until it is done."""

    async def run(self) -> float | None:
        """Run once; return the seconds until the next run, or None if there is none."""


@dataclass(frozen=True)
class Backoff:
    """The pause after a number of failures: it doubles, and jitter spreads the clients of a database."""

    first: float = 1.0  # seconds
    maximum: float = 30.0  # a failover takes one to two minutes, and the keeper should follow soon
    draw: Callable[[], float] = random.random

    def pause(self, failures: int) -> float:
        """Return the seconds until the next attempt."""
        doubled = self.first * 2.0 ** min(failures - 1, 10)
        return min(self.maximum, doubled) * (1 + self.draw()) / 2


async def run_periodically(task: PeriodicTask, *, backoff: Backoff | None = None, clock: Clock | None = None) -> None:
    """Run the task until it returns None."""
    backoff, clock = backoff or Backoff(), clock or Clock()
    failures = 0
    while True:
        try:
            pause = await task.run()
            failures = 0
        except UnavailableError:
            failures += 1
            pause = backoff.pause(failures)
        if pause is None:
            return
        await clock.sleep(pause)
