"""When to ask again somebody who said no for now: after pauses that grow, and no sooner than they say.

Only short waits are held here, in memory, inside a step. A longer one is an error that says how long: the step ends,
and the workflow sleeps durably. Whoever answers that it is too much now is asked again as long as the job may work;
whoever does not answer at all may not be there, and is asked a few times more.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from durable import MAX_PAUSE_SECONDS, Clock, Retry, TemporaryError

PATIENT: Final = Retry(attempts=6, first=1.0, cap=30.0)  # of a step: half a minute; a server restarts, a limit passes
LONGEST: Final = MAX_PAUSE_SECONDS
UNANSWERED: Final = 5  # durable tries, which take a quarter of an hour: a server restarts, a name gets its address
_LATER: Final = 2 * LONGEST  # seconds until somebody is asked again whom one was patient with
_RETRY: Final = Retry(attempts=4, first=1.0, cap=LONGEST)
_CLOCK: Final = Clock()


class LaterError(TemporaryError):
    """Another try may help, and not before so many seconds are over."""

    def __init__(self, code: str, message: str, after: float) -> None:
        super().__init__(code, f"{message}; it asks to wait {after:g} s", after=after)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long one is asked again."""

    retry: Retry = _RETRY
    clock: Clock = _CLOCK

    async def insist[T](self, call: Callable[[], Awaitable[T]]) -> T:
        """Call, and again after each error that may pass, until there is an answer or this was the last time."""
        attempt = 1
        while True:
            try:
                return await call()
            except TemporaryError as error:
                await self.wait(error, attempt)
            attempt += 1

    async def wait(self, error: TemporaryError, attempt: int) -> None:
        """Wait after this attempt (the first is 1), or raise the error: it was the last one, or the wait is long."""
        if not self.retry.helps(error, attempt):
            raise _put_off(error)
        await self.clock.sleep(self.retry.pause_of(error, attempt, self.clock.draw()))


def _put_off(error: TemporaryError) -> TemporaryError:
    """Return the error so that nobody else is patient in memory, if it is worth a durable wait at all."""
    if error.after is None or error.after > LONGEST:
        return error
    return TemporaryError(error.code, error.message, error.step, after=_LATER, tries=error.tries)


def seconds_until(retry_after: str | None, now: float) -> float | None:
    """Return what a Retry-After header asks for, which is a number of seconds or a date."""
    if retry_after is None:
        return None
    if retry_after.strip().isascii() and retry_after.strip().isdigit():
        return float(retry_after)
    moment = http_date(retry_after)
    return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now) if moment else None


def http_date(text: str | None) -> datetime | None:
    """Return the moment that a header names, if it does."""
    try:
        return parsedate_to_datetime(text) if text else None
    except (ValueError, OverflowError):  # the second of a time zone that is out of this world
        return None
