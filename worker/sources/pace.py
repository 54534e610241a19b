"""How fast a document must come to keep its place in a worker: a server that drips would hold it for hours.

Only the time counts that the server takes, and nothing that we do with a piece meanwhile. A server may be silent or
slow for a while, and makes up for it by being faster afterwards; it may not be slow for ever.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from contract.codes import Code
from durable import JobError, PermanentError, TemporaryError

_KILO: Final = 1_000
_DISTRESS: Final = 600.0  # seconds; whoever is so slow is overloaded, and not for a moment
_TRIES: Final = 3  # in a row, which keep a place for three minutes each at most


class SlowError(TemporaryError):
    """A connection gave too little; another one may be faster."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.UNAVAILABLE, message, after=0.0, tries=_TRIES)

    def put_off(self) -> TemporaryError:
        """Return what to end a try with: the wait for the next one is durable, and keeps no place."""
        return TemporaryError(self.code, self.message, after=_DISTRESS, tries=self.tries)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """What is expected of a server. Times in seconds."""

    head: float = 40.0  # until the document begins, over all redirects: to connect, and to make it on demand
    # Bytes a second. The 50 MB of the largest document need 60 kB/s for the step's 15 minutes; a sixth of that brings
    # 3 MB, which few documents exceed, in five minutes. A server that does worse for a minute is in distress.
    least: int = 10 * _KILO
    slack: float = 60.0  # that it may owe: so long it may give nothing, and a small document may come at any rate
    connections: int = 3  # of one try that were too slow, each for as long as the slack: a fourth is no hope
    whole: float = 14 * 60.0  # within the step's 15 minutes: those would begin anew, and end the same way, six times


class Course:
    """The way of one download, over all its connections."""

    def __init__(self, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace: Final = pace
        self._clock: Final = clock
        self._began: Final = clock()
        self._end = self._began + pace.whole
        self._slack = pace.slack
        self._handed: float | None = None  # when the last piece was handed over, if nothing was asked for since
        self._slow = self._got = 0

    async def next(self, piece: Awaitable[bytes]) -> bytes:
        """Wait for a piece, or raise that it does not come in time."""
        now = self._clock()
        if self._handed is not None:
            self._end += now - self._handed
            self._handed = None
        limit = asyncio.timeout(min(self._slack, self._end - now))
        try:
            async with limit:
                content = await piece
        except TimeoutError as exc:
            if not limit.expired():
                raise
            raise self._late() from exc
        self._handed = self._clock()
        self._got += len(content)
        earned = len(content) / self._pace.least
        self._slack = min(self._pace.slack, self._slack + earned - (self._handed - now))
        return content

    def _late(self) -> JobError:
        """Return what to say of it, and be as patient with another connection if there may be one."""
        spent = self._clock() - self._began
        rate = f"{self._got / spent / _KILO:.1f} kB/s"
        if self._clock() >= self._end:
            return PermanentError(
                Code.UNAVAILABLE, f"the document came at {rate} and was not whole after {spent:.0f} s"
            )
        self._slow += 1
        self._slack = self._pace.slack
        least = f"{self._pace.least / _KILO:g} kB/s for {self._pace.slack:g} s"
        slow = SlowError(f"the document came at {rate}, and less than {least} is not waited for")
        return slow.put_off() if self._slow >= self._pace.connections else slow
