"""The work deadline: the moment by which a job's steps must be done, over all steps, attempts and workers.

It is a moment and not a duration: a first step returns it, its checkpoint keeps it, and a worker that takes over uses
the same one. Time spent waiting for a person does not count: the step after the wait returns a new moment. A part gets
the moment as an argument, because this context variable does not reach other processes.

Time in which no worker ran, such as a weekend, does not count either. So a run that begins late may get a minimum of
time: the deadline ends waits and retries, but not work that a worker has just begun.
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
    """The end of work. A run has a minimum of seconds in any case."""

    moment: float
    at_least: float

    def end(self, started: float) -> float:
        return max(self.moment, started + self.at_least)


_LIMITS: Final[ContextVar[tuple[_Limit, ...]]] = ContextVar("deadline", default=())
_BEFORE_ALL: Final = -math.inf  # the start of a run that gets no time of its own


@contextmanager
def work_until(moment: float, *, at_least: float = 0.0) -> Iterator[None]:
    """End every step inside by this moment, in seconds since 1970, or by an earlier one of an outer block.

    A run that begins late has `at_least` seconds, so that each worker that resumes the job makes progress.
    """
    token = _LIMITS.set((*_LIMITS.get(), _Limit(moment, at_least)))  # inherited by every task that the SDK starts
    try:
        yield
    finally:
        _LIMITS.reset(token)


def _find_deadline(started: float) -> float:
    return min((limit.end(started) for limit in _LIMITS.get()), default=math.inf)


def work_time_left(clock: Clock, started: float = _BEFORE_ALL) -> float:
    """Return the seconds until the deadline of a run that started then; infinite without one."""
    return _find_deadline(started) - clock.now()


def work_deadline_error(started: float, last: JobError | None = None) -> PermanentError:
    """Return the error of a step that must end; `last` is the error of its last attempt."""
    moment = datetime.fromtimestamp(_find_deadline(started), UTC).isoformat(timespec="seconds")
    reason = f"; the last attempt: {last.code}" if last else ""
    if last and last.code != ErrorCode.UNEXPECTED:  # the text of an unexpected error may quote secrets
        reason += f", {last.message}"
    return PermanentError(ErrorCode.WORK_DEADLINE, f"the job's work deadline is {moment}{reason}")


@asynccontextmanager
async def enforce_work_deadline(clock: Clock, started: float) -> AsyncIterator[None]:
    """Cancel what runs inside at the deadline, and start nothing after it."""
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
