"""Waits that are too long for memory: a workflow that goes on trying for days, and sleeps durably in between.

Each try is a step of its own with a checkpoint of its own, and nothing is held meanwhile: workers come and go. A body
has neither clock nor chance, so how long it sleeps is what the step has found out and its checkpoint says.
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

# Thirty tries in a day of work, the first six within an hour: what a job has beside each other must stay little.
_PAUSES: Final = Retry(first=60.0, cap=3_600.0)
_CHANCE: Final = 0.25  # a share of the pause, or everybody whom a provider has stopped comes back in the same moment


@dataclass(frozen=True)
class _Try:
    """A durable try of a step: which one it is, from 1, or 0 where nobody would wait for another."""

    number: int = 0
    in_a_row: int = 0  # before this one, that ended with an error which may come only so often

    def leads_on(self, error: JobError) -> bool:
        """Whether there is to be another one after this ended with the error."""
        is_last = error.tries is not None and self.in_a_row + 1 >= error.tries
        return error.after is not None and self.number > 0 and not is_last

    def following(self, error: JobError) -> "_Try":
        """Return the one after this, which ended with the error."""
        return _Try(self.number + 1, self.in_a_row + 1 if error.tries else 0)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let the step know."""
        token = _TRY.set(self)  # inherited by the task of the event loop that the SDK starts
        try:
            yield
        finally:
            _TRY.reset(token)


_NO_TRY: Final = _Try()
_TRY: Final = ContextVar("try", default=_NO_TRY)


async def run_with_durable_retries[**P, T](
    ctx: Context, step: Callable[Concatenate[Context, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run a step, and again after each error that says to come later; any other failure is the step's."""
    current = _Try(1)
    while True:
        try:
            with current.running():
                return await ctx.run(step, *args, **kwargs)
        except ApplicationError as exc:
            error = error_of(exc)
            if not current.leads_on(error):
                raise
        await ctx.sleep(timedelta(seconds=error.after or 0.0))
        current = current.following(error)


def defer(error: JobError, draw: float) -> TemporaryError | None:
    """Return the error with the pause before the next durable try, or None if there will be none."""
    current = _TRY.get()
    if error.after is None or not current.leads_on(error):
        return None
    least = _PAUSES.pause(current.number, 0.0)
    after = max(error.after, least) + least * _CHANCE * draw
    return TemporaryError(error.code, error.message, error.step, after=after, tries=error.tries)


async def run_until_done[**P, T](
    ctx: Context,
    pauses: Sequence[float],
    step: Callable[Concatenate[Context, P], Awaitable[T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Run a step, and after each pause (in seconds) again, as long as it fails and another try may help."""
    for pause in pauses:
        try:
            return await ctx.run(step, *args, **kwargs)
        except ApplicationError as exc:
            if not error_of(exc).retry:
                raise
        await ctx.sleep(timedelta(seconds=pause))
    return await ctx.run(step, *args, **kwargs)
