"""When to ask again somebody who said no for now: after the time that they name, or after growing pauses.

Only short waits are held here, in memory, inside a step. A longer one is an error that says how long: the step ends,
and the workflow sleeps durably. Whoever answers that it is too much now is asked again as long as the job may work;
whoever does not answer at all may not be there, and is asked a few times more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from durable.ambient import Ambient
from durable.errors import TemporaryError
from durable.retry import IN_MEMORY, Retry

LONGEST: Final = IN_MEMORY
UNANSWERED: Final = 5  # durable tries, which take a quarter of an hour: a server restarts, a name gets its address
_LATER: Final = 2 * LONGEST  # seconds until somebody is asked again whom one was patient with
_RETRY: Final = Retry(attempts=4, first=1.0, cap=LONGEST)
_AMBIENT: Final = Ambient()


class LaterError(TemporaryError):
    """Another try may help, and not before so many seconds are over."""

    def __init__(self, code: str, message: str, after: float) -> None:
        super().__init__(code, f"{message}; it asks to wait {after:g} s", after=after)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long one is asked again."""

    retry: Retry = _RETRY
    ambient: Ambient = _AMBIENT

    async def wait(self, error: TemporaryError, attempt: int) -> None:
        """Wait after this attempt (the first is 1), or raise the error: it was the last one, or the wait is long."""
        if not self.retry.helps(error, attempt):
            raise _put_off(error)
        await self.ambient.sleep(self.retry.pause_of(error, attempt, self.ambient.draw()))


def _put_off(error: TemporaryError) -> TemporaryError:
    """Return the error so that nobody else is patient in memory, if it is worth a durable wait at all."""
    if error.after is None or error.after > LONGEST:
        return error
    return TemporaryError(error.code, error.message, error.step, after=_LATER, tries=error.tries)


@contextmanager
def worth_waiting(code: str) -> Iterator[None]:
    """Have errors with this code waited for durably: for ever if somebody answered, a few times if nobody did."""
    try:
        yield
    except TemporaryError as error:
        if error.code != code or error.after is not None:
            raise
        is_answer = error.__cause__ is None  # what the network does is what causes any other
        tries = None if is_answer else UNANSWERED
        raise TemporaryError(error.code, error.message, error.step, after=0.0, tries=tries) from error


def seconds_until(retry_after: str | None, now: float) -> float | None:
    """Return what a Retry-After header asks for, which is a number of seconds or a date."""
    if retry_after is None:
        return None
    if retry_after.strip().isascii() and retry_after.strip().isdigit():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now)


def http_date(text: str | None) -> datetime | None:
    """Return the moment that a header names, if it does."""
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
