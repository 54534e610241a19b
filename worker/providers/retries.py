"""Retry calls of a provider that is busy or down, after growing pauses, and no sooner than it asks for.

Short waits happen here, in memory, inside a step. A longer wait becomes an error with its length: the step ends, and
the workflow sleeps durably. A throttling provider is retried until the work deadline. A provider that does not answer
may not exist, and is retried a few times.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from durable import MAX_PAUSE_SECONDS, Clock, Retry, TemporaryError

STEP_RETRY: Final = Retry(attempts=6, first=1.0, cap=30.0)  # half a minute: a server restarts, a limit passes
MAX_UNANSWERED_ATTEMPTS: Final = 5  # durable ones, in a quarter of an hour: a server restarts, a name gets an address
DEFER_SECONDS: Final = 2 * MAX_PAUSE_SECONDS  # no wait in memory: the next attempt is a durable one
_RETRY: Final = Retry(attempts=4, first=1.0, cap=MAX_PAUSE_SECONDS)
_CLOCK: Final = Clock()


class RetryLaterError(TemporaryError):
    """A retry may succeed after the given seconds, not before."""

    def __init__(self, code: str, message: str, after: float) -> None:
        super().__init__(code, f"{message}; it asks to wait {after:g} s", after=after)


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How often a call is retried in memory."""

    retry: Retry = _RETRY
    clock: Clock = _CLOCK

    async def run[T](self, call: Callable[[], Awaitable[T]]) -> T:
        """Call, and again after each temporary error, until it succeeds or no retry is left."""
        attempt = 1
        while True:
            try:
                return await call()
            except TemporaryError as error:
                await self.wait(error, attempt)
            attempt += 1

    async def wait(self, error: TemporaryError, attempt: int) -> None:
        """Wait after this attempt, counted from 1.

        Raise the error if it was the last one, or if the wait is too long.
        """
        if not self.retry.helps(error, attempt):
            raise _defer(error)
        await self.clock.sleep(self.retry.pause_of(error, attempt, self.clock.draw()))


def _defer(error: TemporaryError) -> TemporaryError:
    """Return the error with a wait that is too long for memory, if it is worth a durable wait at all."""
    if error.after is None or error.after > MAX_PAUSE_SECONDS:
        return error
    return TemporaryError(
        error.code, error.message, error.step, after=DEFER_SECONDS, durable_attempts=error.durable_attempts
    )


def seconds_until(retry_after: str | None, now: float) -> float | None:
    """Return what a Retry-After header asks for, which is a number of seconds or a date."""
    if retry_after is None:
        return None
    if retry_after.strip().isascii() and retry_after.strip().isdigit():
        return float(retry_after)
    moment = http_date(retry_after)
    return max(0.0, moment.timestamp() - now) if moment else None


def http_date(text: str | None) -> datetime | None:
    """Return the moment that a header names, if it does. Without a time zone, or with `-0000`, it is in UTC."""
    try:
        moment = parsedate_to_datetime(text) if text else None
    except (ValueError, OverflowError):  # the second: a time zone that cannot be
        return None
    return moment and moment.replace(tzinfo=moment.tzinfo or UTC)
