"""The work deadline: the moment by which a job's steps must be done, over all steps, attempts and workers.

It is a moment and not a duration: a first step returns it, its checkpoint keeps it, and a worker that takes over uses
the same one. Waiting for a person is not work: the step after it returns a new moment. A part gets the moment as an
argument, because this context variable does not reach other processes.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final

from .clock import Clock
from .errors import ErrorCode, JobError, PermanentError

_DEADLINE: Final = ContextVar("deadline", default=math.inf)


@contextmanager
def work_until(moment: float) -> Iterator[None]:
    """End every step inside by this moment, in seconds since 1970, or by an earlier one of an outer block."""
    token = _DEADLINE.set(min(moment, _DEADLINE.get()))  # inherited by every asyncio task that the SDK starts
    try:
        yield
    finally:
        _DEADLINE.reset(token)


def work_time_left(clock: Clock) -> float:
    """Return the seconds until the deadline; infinite without one."""
    return _DEADLINE.get() - clock.now()


def work_deadline_error(last: JobError | None = None) -> PermanentError:
    """Return the error of a step that must end; `last` is the error of its last attempt."""
    moment = datetime.fromtimestamp(_DEADLINE.get(), UTC).isoformat(timespec="seconds")
    reason = f"; the last attempt: {last.code}" if last else ""
    if last and last.code != ErrorCode.UNEXPECTED:  # the text of an unexpected error may quote secrets
        reason += f", {last.message}"
    return PermanentError(ErrorCode.WORK_DEADLINE, f"the job's work deadline is {moment}{reason}")


@asynccontextmanager
async def enforce_work_deadline(clock: Clock) -> AsyncIterator[None]:
    """Cancel what runs inside at the deadline, and start nothing after it."""
    left = work_time_left(clock)
    if left <= 0:
        raise work_deadline_error()
    limit = asyncio.timeout(None if math.isinf(left) else left)
    try:
        async with limit:
            yield
    except TimeoutError as exc:
        if not limit.expired():
            raise
        raise work_deadline_error() from exc
