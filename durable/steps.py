"""`@step`: a leaf of a workflow, which takes values and returns one.

A step has a time limit for each attempt, retries within the job's time for work, a check of its result, step events and
log lines. It gets no context, so a retry cannot start anything durable twice. A unit test calls `Step.body`, the
function itself.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from types import MethodType
from typing import Any, Concatenate, Final, Self, overload

from resonate.context import Context
from resonate.durable import DurableFunction

from durable.wire.call_record import CallKind

from .attempts import Attempt
from .deadline import enforce_work_deadline, work_deadline_error, work_time_left
from .durable_retries import defer
from .errors import ErrorCode, JobError, PermanentError, TemporaryError, error_of, with_step
from .job_logs import log_with
from .payload import Guard
from .retry import Retry
from .run import Run, current_run
from .signature import CONTEXT, read_signature
from .step_events import StepEventKind
from .timer import Timer

_DEFAULT_RETRY: Final = Retry()


class _NoTimeError(Exception):
    """The run has no time for an attempt, and the next run of the task has."""


class Step[**P, T]:
    """The result of `@step`; `body` is the function itself, which a unit test can call."""

    kind: Final = CallKind.STEP
    _attribute = ""  # of its class, if it is a method

    def __init__(
        self,
        body: Callable[P, Coroutine[Any, Any, T]],
        timeout: float,
        retry: Retry,
        name: str | None = None,
        *,
        at_most_once: bool = False,
    ) -> None:
        self.body = body
        self.timeout = timeout
        self.retry = retry
        self.at_most_once = at_most_once
        self.__name__ = name or body.__name__
        self.__doc__ = body.__doc__
        signature = read_signature(body, "step")
        self.__signature__ = signature.replace(parameters=[CONTEXT, *signature.parameters.values()])
        self.shape: Final = DurableFunction(self)
        self._guard: Final = Guard(self.__name__, self.shape)

    def __set_name__(self, owner: type, name: str) -> None:
        self._attribute = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__[S, **Q](self: "Step[Concatenate[S, Q], T]", instance: S, owner: type) -> "Step[Q, T]": ...
    def __get__(self, instance: object, owner: type) -> "Step[Any, T]":
        """Bind a step that is a method to its object, as Python binds a method; the object keeps the bound step."""
        if instance is None:
            return self
        body = MethodType(self.body, instance)
        bound: Step[Any, T] = Step(body, self.timeout, self.retry, self.__name__, at_most_once=self.at_most_once)
        is_own = getattr(type(instance), self._attribute, None) is self  # and not a base class' step, by super()
        if is_own and hasattr(instance, "__dict__"):  # an object with slots has none
            instance.__dict__[self._attribute] = bound  # found before this descriptor from now on
        return bound

    async def __call__(self, ctx: Context, /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run attempts until one succeeds or no further one is allowed."""
        run = current_run()
        with suppress(_NoTimeError):
            self._check_time(run)
            async with run.hold_step(ctx.info.id, starts_in_drain=self.at_most_once):
                if self.at_most_once:
                    self._refuse_repetition(run, ctx.info.id)
                attempt = Attempt(run, ctx.info.origin_id, ctx.info.id, self.__name__)
                return await self._run_attempts(attempt, *args, **kwargs)
        return await run.hand_over()

    def _check_time(self, run: Run) -> None:
        """Raise _NoTimeError if the next run has the time for an attempt, or an error if no run has that time."""
        if self.timeout <= run.time_left:
            return
        if not run.may_hand_over(self.timeout):
            message = (
                f"it may take {self.timeout:g} s, and a run here has {run.time_left:.0f} s for it: "
                "lower its timeout, or let workers run the workflow"
            )
            raise PermanentError(ErrorCode.STEP_TIMEOUT, message, self.__name__)
        if not self.at_most_once:  # another run would not start it; when its promise was made, there was time for it
            raise _NoTimeError

    async def _run_attempts(self, attempt: Attempt, *args: P.args, **kwargs: P.kwargs) -> T:
        run = attempt.run
        while True:
            try:
                with attempt.in_trace():
                    # durable: allow D12 a step is not replayed
                    return await self._run_attempt(attempt, *args, **kwargs)
            except Exception as exc:  # noqa: BLE001 it is retried, or raised as a JobError
                run.raise_if_ended(attempt.step_promise_id)  # the body turned its cancellation into another error
                pause = self._pause_or_raise(attempt, exc)
            await run.tools.clock.sleep(pause)
            attempt = attempt.next()

    def _refuse_repetition(self, run: Run, promise: str) -> None:
        """Fail if an earlier run has made the promise: it may have run any part of the body."""
        if run.lease and not run.known.has_made(promise):
            message = "a worker stopped while it may have run; it is not run again, and what it did is not known"
            raise PermanentError(ErrorCode.INTERRUPTED, message, self.__name__)

    async def _run_attempt(self, attempt: Attempt, *args: P.args, **kwargs: P.kwargs) -> T:
        timer = Timer(self.timeout)
        try:
            async with enforce_work_deadline(attempt.run.tools.clock, attempt.run.started_at), timer:
                attempt.report(StepEventKind.STARTED)
                body = attempt.run.tools.find_body(self.body)
                with log_with(attempt.log_keys):
                    value: T = self._guard.check(await body(*args, **kwargs))
            attempt.run.raise_if_ended()
        except asyncio.CancelledError:
            attempt.report(StepEventKind.STOPPED)
            raise
        except TimeoutError as exc:
            if not timer.has_expired:
                raise
            raise TemporaryError(ErrorCode.STEP_TIMEOUT, f"not done within {self.timeout:g} s") from exc
        attempt.report(StepEventKind.DONE)
        return value

    def _pause_or_raise(self, attempt: Attempt, exc: Exception) -> float:
        """Return the seconds until the next attempt in memory, or raise the error that the step ends with."""
        error, clock = self._to_job_error(exc), attempt.run.tools.clock
        draw = clock.draw()
        in_memory = self.retry.helps(exc, attempt.number) and self._fits_again(attempt, error, draw)
        deferred = None if in_memory else defer(error, draw)
        pause = self.retry.pause_of(error, attempt.number, draw) if in_memory else (deferred or error).after
        is_in_time = pause is None or pause < work_time_left(clock, attempt.run.started_at)
        if is_in_time and (in_memory or deferred):
            attempt.report(StepEventKind.RETRYING, error, pause=pause)
            if not deferred:
                return pause or 0.0
            raise deferred from exc
        last = error if is_in_time else self._to_job_error(work_deadline_error(attempt.run.started_at, error))
        attempt.report(StepEventKind.FAILED, last, cause=exc)
        raise last from exc

    def _fits_again(self, attempt: Attempt, error: JobError, draw: float) -> bool:
        """Whether this run has the time for another attempt. Raise _NoTimeError if the next run has it, once."""
        run = attempt.run
        if self.retry.pause_of(error, attempt.number, draw) + self.timeout <= run.time_left:
            return True
        if attempt.may_hand_over and run.may_hand_over(self.timeout):
            attempt.report(StepEventKind.STOPPED, error)
            raise _NoTimeError
        return False

    def _to_job_error(self, exc: Exception) -> JobError:
        error = error_of(exc)
        step = error.step or self.__name__
        # How far the body came is unknown, unless its error asks for a retry: neither a caller nor a saga may retry it.
        may_be_done = self.at_most_once and error.after is None
        if may_be_done or self.retry.forbids(exc):
            return PermanentError(error.code, error.message, step)
        return with_step(error, step)


def step[**P, T](
    *,
    timeout: float,
    retry: Retry = _DEFAULT_RETRY,
    never: tuple[type[Exception], ...] = (),
    name: str | None = None,
    at_most_once: bool = False,
) -> Callable[[Callable[P, Coroutine[Any, Any, T]]], Step[P, T]]:
    """Make an async function or method a step.

    `timeout` limits each attempt, in seconds; errors in `never` are not retried. `name` is the step's name in a job's
    records, the function's by default. A resumed job looks for it: keep it when the function gets another name.

    With `at_most_once` the function is run once: it has one attempt, and if its worker stops meanwhile, the step fails
    with the code `interrupted`. It may have been done. Durable retries repeat it only after an error with `after`.
    """
    policy = replace(retry, never=(*retry.never, *never))
    if at_most_once:
        policy = replace(policy, attempts=1)
    return lambda body: Step(body, timeout, policy, name, at_most_once=at_most_once)
