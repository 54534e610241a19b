"""`@step`: a leaf of a workflow, which gets values and returns one. What every step needs is here, once.

A time limit for each attempt, retries as long as the job may work, a check of the result, journal entries and log
lines, and being known to the run that it works for. It gets no context, so that it cannot start anything durable that a
retry would start again.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from types import MethodType
from typing import Any, Concatenate, Final, Self, overload

from resonate.context import Context
from resonate.durable import DurableFunction

from .attempt import Attempt
from .deadline import enforce_work_deadline, work_deadline_error, work_time_left
from .durable_retries import defer
from .errors import ErrorCode, JobError, PermanentError, TemporaryError, error_of, with_step
from .payload import Guard
from .retry import Retry
from .run import current_run
from .signature import CONTEXT, signature_of
from .step_events import StepEventKind
from .timer import Timer

_RETRY: Final = Retry()


class Step[**P, T]:
    """What `@step` makes of a function; `body` is the function itself."""

    def __init__(self, body: Callable[P, Coroutine[Any, Any, T]], timeout: float, retry: Retry) -> None:
        self.body = body
        self.timeout = timeout
        self.retry = retry
        self.__name__ = body.__name__
        self.__doc__ = body.__doc__
        signature = signature_of(body, "step")
        self.__signature__ = signature.replace(parameters=[CONTEXT, *signature.parameters.values()])
        self._guard = Guard(self.__name__, DurableFunction(self))

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__[S, **Q](self: "Step[Concatenate[S, Q], T]", instance: S, owner: type) -> "Step[Q, T]": ...
    def __get__(self, instance: object, owner: type) -> "Step[Any, T]":
        """Bind a step that is a method to the object that has what the step needs, as Python binds a method."""
        return self if instance is None else Step(MethodType(self.body, instance), self.timeout, self.retry)

    async def __call__(self, ctx: Context, /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Try until it is done or trying cannot help."""
        run = current_run()
        info = ctx.info
        async with run.part():
            attempt = Attempt(run, info.origin_id, info.id, self.__name__)
            while True:
                try:
                    return await self._try(attempt, *args, **kwargs)
                except Exception as exc:  # noqa: BLE001 it is retried or raised as our error, whatever it is
                    run.stop_if_ended()  # its cancellation came out as another error
                    pause = self._after(attempt, exc)
                await run.tools.clock.sleep(pause)
                attempt = attempt.another()

    async def _try(self, attempt: Attempt, *args: P.args, **kwargs: P.kwargs) -> T:
        timer = Timer(self.timeout)
        try:
            async with enforce_work_deadline(attempt.run.tools.clock), timer:
                attempt.tell(StepEventKind.STARTED)
                value = self._guard.check(await self.body(*args, **kwargs))
            attempt.run.stop_if_ended()
        except asyncio.CancelledError:
            attempt.tell(StepEventKind.STOPPED)
            raise
        except TimeoutError as exc:
            if not timer.is_over:
                raise
            raise TemporaryError(ErrorCode.STEP_TIMEOUT, f"not done within {self.timeout:g} s") from exc
        attempt.tell(StepEventKind.DONE)
        return value

    def _after(self, attempt: Attempt, exc: Exception) -> float:
        """Return how long to wait in memory for the next attempt, or raise the error that the step ends with."""
        error, clock = self._error(exc), attempt.run.tools.clock
        draw, in_memory = clock.draw(), self.retry.helps(exc, attempt.number)
        later = None if in_memory else defer(error, draw)
        pause = self.retry.pause_of(error, attempt.number, draw) if in_memory else (later or error).after
        is_in_time = pause is None or pause < work_time_left(clock)
        if is_in_time and (in_memory or later):
            attempt.tell(StepEventKind.RETRYING, error, pause=pause)
            if not later:
                return pause or 0.0
            raise later from exc
        last = error if is_in_time else self._error(work_deadline_error(error))
        attempt.tell(StepEventKind.FAILED, last, cause=exc)
        raise last from exc

    def _error(self, exc: Exception) -> JobError:
        error = error_of(exc)
        step = error.step or self.__name__
        if self.retry.forbids(exc):
            return PermanentError(error.code, error.message, step)
        return with_step(error, step)


def step[**P, T](
    *, timeout: float, retry: Retry = _RETRY, never: tuple[type[Exception], ...] = ()
) -> Callable[[Callable[P, Coroutine[Any, Any, T]]], Step[P, T]]:
    """Make an async function a step. `timeout` is each attempt's, in seconds; errors in `never` are not retried."""
    policy = replace(retry, never=(*retry.never, *never))
    return lambda body: Step(body, timeout, policy)
