"""The moment by which the work of a job must be done, over all its steps, tries and workers.

A moment and no span of time: a first step says it, its checkpoint keeps it, and it means the same to whoever goes on
with the job. What is not work, a wait for a person, stands outside, and the step after it says a new moment. A part
that runs elsewhere is given the moment as an argument: what holds here ends at the border of the process.
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

_UNTIL: Final = ContextVar("until", default=math.inf)


@contextmanager
def work_until(moment: float) -> Iterator[None]:
    """Have every step inside end by this moment, in seconds since 1970, or by an earlier one that holds already."""
    token = _UNTIL.set(min(moment, _UNTIL.get()))  # inherited by every task of the event loop that the SDK starts
    try:
        yield
    finally:
        _UNTIL.reset(token)


def work_time_left(clock: Clock) -> float:
    """Return the seconds until the moment that holds here; without one there is no end of them."""
    return _UNTIL.get() - clock.now()


def work_deadline_error(last: JobError | None = None) -> PermanentError:
    """Return the error of a step that may not go on; `last` is why it is not done."""
    moment = datetime.fromtimestamp(_UNTIL.get(), UTC).isoformat(timespec="seconds")
    why = f"; the last try: {last.code}" if last else ""
    if last and last.code != ErrorCode.UNEXPECTED:  # whose text may be anything, and is in the log
        why += f", {last.message}"
    return PermanentError(ErrorCode.WORK_DEADLINE, f"the job's time for work ends at {moment}{why}")


@asynccontextmanager
async def enforce_work_deadline(clock: Clock) -> AsyncIterator[None]:
    """Cancel what runs inside when the moment comes, and let nothing begin after it."""
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
