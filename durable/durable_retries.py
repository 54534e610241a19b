"""Retries after waits that are too long for memory: a workflow sleeps durably between tries, for days if need be.

Each try is a step with its own checkpoint, and the sleep occupies no worker. A workflow's body has neither clock nor
random numbers, so the step chooses the pause, and its checkpoint keeps it.
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

# Thirty tries in a day of work, the first six within an hour: a job must not have many promises.
_MIN_PAUSES: Final = Retry(first=60.0, cap=3_600.0)
_JITTER: Final = 0.25  # of the pause: jobs that a provider throttled together do not return together


@dataclass(frozen=True)
class _Try:
    """A durable try of a step. Its number counts from 1; 0 means that the workflow does not retry durably."""

    number: int = 0
    limited_failures: int = 0  # failures in a row before this try, with errors that limit their tries

    def is_followed(self, error: JobError) -> bool:
        """Whether another try follows if this one ends with the error."""
        is_last = error.tries is not None and self.limited_failures + 1 >= error.tries
        return error.after is not None and self.number > 0 and not is_last

    def next(self, error: JobError) -> "_Try":
        """Return the try after this one, which ended with the error."""
        return _Try(self.number + 1, self.limited_failures + 1 if error.tries else 0)

    @contextmanager
    def in_context(self) -> Iterator[None]:
        """Let a step that runs inside the block see this try."""
        token = _CURRENT.set(self)  # inherited by the asyncio task that the SDK starts
        try:
            yield
        finally:
            _CURRENT.reset(token)


_NO_TRY: Final = _Try()
_CURRENT: Final = ContextVar("try", default=_NO_TRY)


async def run_with_durable_retries[**P, T](
    ctx: Context, step: Callable[Concatenate[Context, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run a step, and retry it after each error with `after`; any other error is raised."""
    current = _Try(1)
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
    """Return the error with the pause before the next durable try, or None if none follows.

    The pauses grow with the tries, and are never shorter than the error's `after`.
    """
    current = _CURRENT.get()
    if error.after is None or not current.is_followed(error):
        return None
    min_pause = _MIN_PAUSES.pause(current.number, 0.0)
    after = max(error.after, min_pause) + min_pause * _JITTER * draw
    return TemporaryError(error.code, error.message, error.step, after=after, tries=error.tries)


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
