"""Retries after waits that are too long for memory: a workflow sleeps durably between attempts, for days if need be.

Each durable attempt is a step with its own checkpoint, and the sleep occupies no worker. A workflow's body has neither
clock nor random numbers, so the step chooses the pause, and its checkpoint keeps it.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Concatenate, Final

from resonate.context import Context
from resonate.error import ApplicationError

from .errors import JobError, TemporaryError, error_of
from .retry import Retry

# Thirty attempts in a day of work, the first six within an hour: a job must not have many promises.
_MIN_PAUSES: Final = Retry(first=60.0, cap=3_600.0)
_JITTER: Final = 0.25  # of the pause: jobs that a provider throttled together do not return together


@dataclass(frozen=True)
class _DurableAttempt:
    """A durable attempt of a step. Its number counts from 1; 0 means that the workflow does not retry durably."""

    number: int = 0
    limited_failures: int = 0  # failures in a row before this attempt, with errors that limit their attempts

    def is_followed(self, error: JobError) -> bool:
        """Whether another attempt follows if this one ends with the error."""
        is_last = error.durable_attempts is not None and self.limited_failures + 1 >= error.durable_attempts
        return error.after is not None and self.number > 0 and not is_last

    def next(self, error: JobError) -> "_DurableAttempt":
        """Return the attempt after this one, which ended with the error."""
        return _DurableAttempt(self.number + 1, self.limited_failures + 1 if error.durable_attempts else 0)

    @contextmanager
    def in_context(self) -> Iterator[None]:
        """Let a step that runs inside the block see this attempt."""
        token = _CURRENT.set(self)  # inherited by the asyncio task that the SDK starts
        try:
            yield
        finally:
            _CURRENT.reset(token)


_NO_ATTEMPT: Final = _DurableAttempt()
_CURRENT: Final = ContextVar("durable_attempt", default=_NO_ATTEMPT)


async def run_with_durable_retries[**P, T](
    ctx: Context, step: Callable[Concatenate[Context, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run a step, and retry it after each error with `after`; any other error is raised."""
    current = _DurableAttempt(1)
    while True:
        try:
            with current.in_context():
                return await ctx.run(step, *args, **kwargs)
        except ApplicationError as exc:
            error = error_of(exc)
            if not current.is_followed(error):
                raise
        await ctx.sleep(timedelta(seconds=error.after or 0.0))
        current = current.next(error)


def defer(error: JobError, draw: float) -> TemporaryError | None:
    """Return the error with the pause before the next durable attempt, or None if none follows.

    The pauses grow with the attempts, and are never shorter than the error's `after`.
    """
    current = _CURRENT.get()
    if error.after is None or not current.is_followed(error):
        return None
    min_pause = _MIN_PAUSES.pause(current.number, 0.0)
    after = max(error.after, min_pause) + min_pause * _JITTER * draw
    return TemporaryError(error.code, error.message, error.step, after=after, durable_attempts=error.durable_attempts)


async def run_until_done[**P, T](
    ctx: Context,
    pauses: Sequence[float],
    step: Callable[Concatenate[Context, P], Awaitable[T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Run a step, and retry it after each pause, in seconds; a permanent error is raised at once."""
    for pause in pauses:
        try:
            return await ctx.run(step, *args, **kwargs)
        except ApplicationError as exc:
            if not error_of(exc).retry:
                raise
        await ctx.sleep(timedelta(seconds=pause))
    return await ctx.run(step, *args, **kwargs)
