"""Runs each job on its own timer, for ever. A database that is away is waited for; anything else ends the program."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from .database import Away

_FIRST: Final = 1.0  # seconds before the second attempt; doubled from there
_LONGEST: Final = 30.0  # a failover takes one to two minutes: not much of the time after it is lost

type Sleep = Callable[[float], Awaitable[None]]


class Job(Protocol):
    """Something that is done again and again, or until it is done."""

    async def run(self) -> float | None:
        """Do it once; return the seconds until the next time, or nothing when there is none."""


@dataclass(frozen=True)
class Patience:
    """How long to wait after a number of failures; the share of chance keeps many from coming back at once."""

    first: float = _FIRST
    longest: float = _LONGEST
    draw: Callable[[], float] = random.random

    def after(self, failures: int) -> float:
        """Seconds until the next attempt."""
        doubled = self.first * 2.0 ** min(failures - 1, 10)
        return min(self.longest, doubled) * (1 + self.draw()) / 2


async def keep(job: Job, *, patience: Patience | None = None, sleep: Sleep = asyncio.sleep) -> None:
    """Run the job until it says that it is done."""
    patience = patience or Patience()
    failures = 0
    while True:
        try:
            pause = await job.run()
            failures = 0
        except Away:
            failures += 1
            pause = patience.after(failures)
        if pause is None:
            return
        await sleep(pause)
