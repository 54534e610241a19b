"""Retries after waits that are too long for memory: a workflow sleeps durably between attempts, for days if need be.

Each durable attempt is a step with its own checkpoint, and the sleep occupies no worker. A workflow's body has neither
clock nor random numbers, so the step chooses the pause, and its checkpoint keeps it.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Concatenate, Final

from resonate.context import Context
from resonate.error import ApplicationError

from .errors import JobError, TemporaryError, error_of
from .retry import Backoff

_JITTER: Final = 0.25  # share of the pause: jobs that a provider throttled together do not return together
# Thirty attempts in a day of work, the first six within an hour: a job must not have many promises.
_DEFAULT_BACKOFF: Final = Backoff()


@dataclass(frozen=True, kw_only=True)
class DurableRetry:
    """Which errors of a call are retried after durable sleeps: `await DurableRetry(attempts=8).run(ctx, step, order)`.

    By default it retries errors that ask for a pause with `after`, until the work deadline. No pause is shorter than
    the error's `after`, or than that of the backoff.
    """

    backoff: Backoff = _DEFAULT_BACKOFF
    attempts: int | None = None  # None: limited by the errors' own maximum and the work deadline
    every_error: bool = False  # also errors without `after`, if a retry may help

    async def run[**P, T](
        self, ctx: Context, call: Callable[Concatenate[Context, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a step or a workflow until it succeeds or no further attempt is allowed."""
        current = _DurableAttempt(self, 1)
        while True:
            try:
                with current.in_context():
                    return await ctx.run(call, *args, **kwargs)
            except ApplicationError as exc:
                error = error_of(exc)
                if not current.is_followed(error):
                    raise
            pause = max(error.after or 0.0, self.backoff.pause(current.number))
            await ctx.sleep(timedelta(seconds=pause))
            current = current.next(error)


@dataclass(frozen=True)
class _DurableAttempt:
    """A durable attempt of a step. Its number counts from 1; 0 means that the workflow does not retry durably."""

    retry: DurableRetry
    number: int
    limited_failures: int = 0  # failures in a row before this attempt, with errors that limit their attempts

    def is_followed(self, error: JobError) -> bool:
        """Whether another attempt follows if this one ends with this error."""
        is_retried = error.after is not None or (self.retry.every_error and error.retry)
        is_last_with_error = error.durable_attempts is not None and self.limited_failures + 1 >= error.durable_attempts
        is_last = self.retry.attempts is not None and self.number >= self.retry.attempts
        return is_retried and self.number > 0 and not is_last_with_error and not is_last

    def next(self, error: JobError) -> "_DurableAttempt":
        """Return the attempt after this one, which ended with the error."""
        return _DurableAttempt(self.retry, self.number + 1, self.limited_failures + 1 if error.durable_attempts else 0)

    @contextmanager
    def in_context(self) -> Iterator[None]:
        """Let a step that runs inside the block see this attempt."""
        token = _CURRENT.set(self)  # inherited by the asyncio task that the SDK starts
        try:
            yield
        finally:
            _CURRENT.reset(token)


_DEFAULT_RETRY: Final = DurableRetry()
_NO_ATTEMPT: Final = _DurableAttempt(_DEFAULT_RETRY, 0)
_CURRENT: Final = ContextVar("durable_attempt", default=_NO_ATTEMPT)
run_with_durable_retries: Final = _DEFAULT_RETRY.run  # for errors with `after`


def defer(error: JobError, draw: float) -> TemporaryError | None:
    """Return the error with the pause before the next durable attempt, or None if none follows.

    The pauses grow with the attempts, and are never shorter than the error's `after`.
    """
    current = _CURRENT.get()
    if not current.is_followed(error):
        return None
    min_pause = current.retry.backoff.pause(current.number)
    after = max(error.after or 0.0, min_pause) + min_pause * _JITTER * draw
    return TemporaryError(error.code, error.message, error.step, after=after, durable_attempts=error.durable_attempts)
