"""When to ask again somebody who said no for now: after the time that they name, or after growing pauses.

Only short waits are held here, in memory, inside a step. A longer one is an error that says how long: the step ends,
and whoever can wait durably does.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from durable.ambient import Ambient
from durable.errors import TemporaryError
from durable.retry import Retry

LONGEST: Final = 30.0  # seconds that are waited in memory, under the lease of the job
_RETRY: Final = Retry(attempts=4, first=1.0, cap=LONGEST)
_AMBIENT: Final = Ambient()


class LaterError(TemporaryError):
    """Another try may help, and not before so many seconds are over."""

    def __init__(self, code: str, message: str, after: float) -> None:
        super().__init__(code, f"{message}; it asks to wait {after:g} s")
        self.after = after


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long one is asked again."""

    retry: Retry = _RETRY
    ambient: Ambient = _AMBIENT

    async def wait(self, error: TemporaryError, attempt: int) -> None:
        """Wait after this attempt (the first is 1), or raise the error: it was the last one, or the wait is long."""
        after = error.after if isinstance(error, LaterError) else 0.0
        if attempt >= self.retry.attempts or after > LONGEST:
            raise error
        pause = self.retry.pause(attempt, self.ambient.draw())
        # A share of chance is added to what was asked for, never taken off it.
        await self.ambient.sleep(min(after + pause / 2, LONGEST) if after else pause)


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
