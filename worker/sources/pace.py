"""Limit how slow a download may be: a server that sends a few bytes at a time would occupy a worker for hours.

Only the time of the server counts, not that of our own work on a piece. A server may be silent or slow for a while and
make up for it afterwards, but it may not stay slow.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from contract.codes import Code
from durable import JobError, PermanentError, TemporaryError

_KILO: Final = 1_000
_RETRY_SECONDS: Final = 600.0  # such a slow server is overloaded for more than a moment
_MAX_ATTEMPTS: Final = 3  # in a row, each of three minutes at most


class SlowError(TemporaryError):
    """A connection was too slow; another one may be faster."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.UNAVAILABLE, message, after=0.0, durable_attempts=_MAX_ATTEMPTS)

    def defer(self) -> TemporaryError:
        """Return the error that ends this attempt: the wait for the next one is durable, and occupies no worker."""
        return TemporaryError(self.code, self.message, after=_RETRY_SECONDS, durable_attempts=self.durable_attempts)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """The limits of a download."""

    head_seconds: float = (
        40.0  # until the response headers, over all redirects: to connect, and to generate the document
    )
    # The 50 MB of the largest document need 60 kB/s for the step's 15 minutes; a sixth of that brings
    # 3 MB, which few documents exceed, in five minutes. A server that is slower for a minute is overloaded.
    min_bytes_per_second: int = 10 * _KILO
    slack_seconds: float = 60.0  # of silence that are tolerated; a small document may come at any rate
    max_slow_connections: int = 3  # of one attempt, each as long as the slack: a fourth would not help
    total_seconds: float = 14 * 60.0  # less than the step's 15 minutes, which six retries would repeat in vain


class SpeedCheck:
    """Measures one download over all its connections."""

    def __init__(self, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace: Final = pace
        self._clock: Final = clock
        self._began: Final = clock()
        self._end = self._began + pace.total_seconds
        self._slack = pace.slack_seconds
        self._returned_at: float | None = None  # when the last piece was returned, until the next one is requested
        self._slow_connections = self._received = 0

    async def read(self, piece: Awaitable[bytes]) -> bytes:
        """Wait for a piece; raise if it is late."""
        now = self._clock()
        if self._returned_at is not None:
            self._end += now - self._returned_at
            self._returned_at = None
        limit = asyncio.timeout(min(self._slack, self._end - now))
        try:
            async with limit:
                content = await piece
        except TimeoutError as exc:
            if not limit.expired():
                raise
            raise self._late_error() from exc
        self._returned_at = self._clock()
        self._received += len(content)
        earned = len(content) / self._pace.min_bytes_per_second
        self._slack = min(self._pace.slack_seconds, self._slack + earned - (self._returned_at - now))
        return content

    def _late_error(self) -> JobError:
        """Return the error of a late piece, and reset the slack for another connection."""
        spent = self._clock() - self._began
        rate = f"{self._received / spent / _KILO:.1f} kB/s"
        if self._clock() >= self._end:
            return PermanentError(
                Code.UNAVAILABLE, f"the document came at {rate} and was incomplete after {spent:.0f} s"
            )
        self._slow_connections += 1
        self._slack = self._pace.slack_seconds
        minimum = f"{self._pace.min_bytes_per_second / _KILO:g} kB/s for {self._pace.slack_seconds:g} s"
        slow = SlowError(f"the document came at {rate}; the minimum is {minimum}")
        return slow.defer() if self._slow_connections >= self._pace.max_slow_connections else slow
