"""The work deadline of a job: the moment at which its work ends, on whichever worker it runs.

The deadline counts for all steps and attempts together. It is a moment, not a duration. The job's first step returns
it, and the checkpoint of that step keeps it. A worker that resumes the job reads the same moment.

Some time does not count:
- A wait for a person. The step after the wait returns a later deadline.
- Time in which no worker ran, such as a weekend. A run that begins near the deadline, or after it, gets a minimum of
  seconds. So each worker that resumes the job makes progress.

The deadline is in a context variable, which does not reach other processes. A part of the job that may run on another
worker gets the moment as an argument.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from .clock import Clock
from .errors import ErrorCode, JobError, PermanentError


@dataclass(frozen=True)
class _Limit:
    """A deadline, and the minimum that each run has."""

    moment: float  # seconds since 1970
    at_least: float  # seconds

    def end(self, started: float) -> float:
        """Return when a run ends that started then."""
        return max(self.moment, started + self.at_least)


# The deadlines of all open `work_until` blocks, the outermost first. Tasks of the SDK inherit them.
_LIMITS: Final[ContextVar[tuple[_Limit, ...]]] = ContextVar("deadline", default=())
_BEFORE_ALL: Final = -math.inf  # a start so early that the minimum of seconds adds nothing


@contextmanager
def work_until(moment: float, *, at_least: float = 0.0) -> Iterator[None]:
    """Set the deadline of the steps inside this block, in seconds since 1970.

    Each run has `at_least` seconds, even if it begins after the deadline. Of nested blocks, the earliest end counts.
    """
    token = _LIMITS.set((*_LIMITS.get(), _Limit(moment, at_least)))
    try:
        yield
    finally:
        _LIMITS.reset(token)


def _find_deadline(started: float) -> float:
    """Return the earliest end for a run that started then; infinite outside all blocks."""
    return min((limit.end(started) for limit in _LIMITS.get()), default=math.inf)


def work_time_left(clock: Clock, started: float = _BEFORE_ALL) -> float:
    """Return the seconds until the deadline, infinite without one. A run's start gives it the minimum of seconds."""
    return _find_deadline(started) - clock.now()


def work_deadline_error(started: float, last: JobError | None = None) -> PermanentError:
    """Return the error of a step that the deadline ends; `last` is the error of its last attempt."""
    moment = datetime.fromtimestamp(_find_deadline(started), UTC).isoformat(timespec="seconds")
    reason = f"; the last attempt: {last.code}" if last else ""
    if last and last.code != ErrorCode.UNEXPECTED:  # the text of an unexpected error may quote secrets
        reason += f", {last.message}"
    return PermanentError(ErrorCode.WORK_DEADLINE, f"the job's work deadline is {moment}{reason}")


@asynccontextmanager
async def enforce_work_deadline(clock: Clock, started: float) -> AsyncIterator[None]:
    """Cancel the block when the deadline comes, or do not start it after that. Both raise the deadline's error."""
    left = work_time_left(clock, started)
    if left <= 0:
        raise work_deadline_error(started)
    limit = asyncio.timeout(None if math.isinf(left) else left)
    try:
        async with limit:
            yield
    except TimeoutError as exc:
        if not limit.expired():
            raise
        raise work_deadline_error(started) from exc
