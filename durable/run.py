"""One delivery of a task, with its steps and child processes, so that all of them can be ended together.

Canceling the SDK's own coroutine leaves the steps of a fan-out running, because each is an asyncio task of its own. So
each step and each child process registers here.
"""

import asyncio
import math
import os
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NoReturn

from resonate.error import PlatformError, ResonateError

from .call_ends import CallEnds
from .clock import Clock
from .errors import JobError
from .job_logs import WrittenLines
from .known_promises import KnownPromises
from .permits import Permit
from .promises import NoPromises, PromisePort, is_below, make_called_off_error
from .run_trace import NO_TRACE, NO_TRACING, RunTrace, Tracing
from .step_events import OnStepEvent, ignore_step_events


class EndReason(StrEnum):
    """Why a run had to end before its function did."""

    LEASE_LAPSED = "lease lapsed"  # the lease could not be renewed in time
    TAKEN_OVER = "taken over"  # the server delivered the task again, to this worker or to another
    CONFLICT = "a write was refused"  # for one of the other reasons, which the server does not name
    SETTLED = "settled from outside"  # the promise was canceled, or its deadline passed
    HALTED = "halted"  # by an operator
    DRAINED = "drained"
    BODY_LEFT = "body left"  # the function returned and left steps running


@dataclass(frozen=True)
class Lease:
    """The right to write under a version, until a moment of the monotonic clock."""

    version: int
    until: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Which workflow a run has run to its end, and the error that it ended with."""

    workflow: str
    version: int
    failure: JobError | None = None


type Body = Callable[..., Coroutine[Any, Any, Any]]


def keep_body(body: Body) -> Body:
    """Return the body itself."""
    return body


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What a worker gives to the steps that it runs."""

    on_step_event: OnStepEvent = ignore_step_events
    clock: Clock = field(default_factory=Clock)
    promises: PromisePort = field(default_factory=NoPromises)
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(os.process_cpu_count() or 1))
    tracing: Tracing = NO_TRACING
    written_lines: WrittenLines = field(default_factory=WrittenLines)  # the lines that suspended bodies have written
    find_body: Callable[[Body], Body] = keep_body  # what runs in place of a step's function; a test replaces it


class Run:
    """The task's id, and the version of the message that announced it; acquiring the task raises the version by one."""

    def __init__(
        self, task_id: str, version: int, tools: Tools, permit: Permit | None = None, *, time_limit: float = math.inf
    ) -> None:
        """`time_limit` is in seconds: a function's process ends; a worker's does not."""
        self.id = task_id
        self.version = version
        self.tools = tools
        self.permit = permit  # within the worker's concurrency; the start-up probe needs none
        self.lease: Lease | None = None
        self.end_reason: EndReason | None = None
        self.is_draining = False
        self.has_progressed = False  # it has written something that the next run will find
        self.time_limit = time_limit
        self.is_cold = False  # its process has just started, which took a part of its time
        self._started: Final = tools.clock.monotonic()
        self.released_version: int | None = None  # the version that the SDK asked to release
        self.next_version: int | None = None  # the version of a newer delivery, which waits until this run has ended
        self.overdue = 0.0  # seconds since it should have ended, while the process ran
        self.created_at: float | None = None  # the promise, in seconds since 1970
        self.started_at = -math.inf  # in seconds since 1970
        self.outcome: Outcome | None = None
        self.ends: Final = CallEnds()
        self.is_settled = False  # the outcome is written to the server
        self.requests = 0  # to the server, under way
        self.known = KnownPromises()
        self.trace: RunTrace = NO_TRACE  # once it has acquired its task
        self.steps: set[asyncio.Task[Any]] = set()
        self._main: asyncio.Task[Any] | None = None
        self._children: set[Callable[[], None]] = set()  # each kills one
        self._step_tasks: dict[str, asyncio.Task[Any]] = {}  # by the step's promise
        self._called_off: set[str] = set()  # promises

    @property
    def fence(self) -> int | None:
        """The version that it writes under, once it has acquired its task."""
        return self.lease.version if self.lease else None

    @property
    def time_left(self) -> float:
        """The seconds that it has left."""
        return self.time_limit - (self.tools.clock.monotonic() - self._started)

    def may_hand_over(self, seconds: float) -> bool:
        """Whether the next run has enough time, and more than this one. After a run that only replayed it has not."""
        return self.is_cold or (self.has_progressed and seconds <= self.time_limit)

    async def hand_over(self) -> NoReturn:
        """Leave the rest to the next run of the task: start nothing more, and wait for the end of this one."""
        self.is_draining = True
        await asyncio.Event().wait()
        raise AssertionError

    async def execute(self, work: Coroutine[Any, Any, object]) -> BaseException | None:
        """Run the coroutine, and return its error once all steps have ended."""
        self.started_at = self.tools.clock.now()
        token = _CURRENT.set(self)  # inherited by every asyncio task that the SDK starts for this run
        main = self._main = asyncio.create_task(work)
        _CURRENT.reset(token)
        if self.end_reason:
            main.cancel()  # it had to end before it started
        await asyncio.wait({main})
        if self.steps:
            self.end(EndReason.BODY_LEFT)
            await asyncio.wait(self.steps)
        return None if main.cancelled() else main.exception()

    def end(self, reason: EndReason) -> None:
        """Cancel all tasks of this run, once: a step that is cleaning up is not canceled again."""
        if self.end_reason:
            return
        self.end_reason = reason
        for kill in self._children:  # now: a step may be slow to clean up, or await the child in another task
            kill()
        for task in (self._main, *self.steps):
            if task:
                task.cancel()

    @asynccontextmanager
    async def hold_step(self, promise: str, *, starts_in_drain: bool = False) -> AsyncIterator[None]:
        """Register the caller's asyncio task as a step of this run.

        A draining worker starts none, unless no other worker may start it later.
        """
        if self.is_draining and not starts_in_drain:
            await asyncio.Event().wait()  # until the drain cancels it
        self.raise_if_ended(promise)
        task = asyncio.current_task()
        assert task is not None
        self.steps.add(task)
        self._step_tasks[promise] = task
        try:
            yield
        except asyncio.CancelledError:
            if self.end_reason or not self.is_called_off(promise):
                raise
            task.uncancel()
            raise make_called_off_error() from None
        finally:
            self.steps.discard(task)
            del self._step_tasks[promise]

    def without_permit(self) -> AbstractAsyncContextManager[None]:
        """Let another run start while a step only waits for the network inside the block."""
        return self.permit.give_up() if self.permit else nullcontext()

    async def call_off(self, promises: Collection[str], *, ended: Collection[str] = ()) -> None:
        """Call off calls of this job, whose outcome is no longer needed. A client cancels a whole job.

        On the server, the promises of the calls and of all calls below them are canceled with the error `called_off`.
        Here, their steps are canceled. It may be done again: a worker that dies meanwhile leaves some open.
        `ended` are calls with promises that were canceled before, perhaps without the calls below them.
        """
        if not promises and not ended:
            return
        self._called_off.update(promises)  # first: what runs below them makes no further call during the requests
        try:
            with self.count_request():
                await self.tools.promises.call_off(promises, ended=ended)
        except ResonateError as exc:  # the job has not failed: its task is released, and another run calls them off
            raise PlatformError([exc]) from exc
        for promise, task in self._step_tasks.items():
            if self.is_called_off(promise):
                task.cancel()

    def is_called_off(self, promise: str) -> bool:
        """Whether a call was called off, or one that it belongs to."""
        return promise in self._called_off or any(is_below(promise, one) for one in self._called_off)

    def raise_if_ended(self, step: str = "") -> None:
        """Cancel the caller again if it swallowed its cancellation; `step` is the promise of the caller's step."""
        if self.end_reason:
            raise asyncio.CancelledError(self.end_reason)
        if self.is_called_off(step):
            raise make_called_off_error()

    @contextmanager
    def count_request(self) -> Iterator[None]:
        """Count a request to the server while it is under way: a drain waits for it."""
        self.requests += 1
        try:
            yield
        finally:
            self.requests -= 1

    @contextmanager
    def hold_child(self, kill: Callable[[], None]) -> Iterator[None]:
        """Register a child process, so that it is killed when this run ends."""
        self.raise_if_ended()
        self._children.add(kill)
        try:
            yield
        finally:
            self._children.discard(kill)


def retrieve_outcome(task: asyncio.Task[Any]) -> None:
    """Keep asyncio from reporting the error of a task as lost when its run ends before it is awaited."""
    if not task.cancelled():
        task.exception()


type Runs = dict[str, Run]  # the runs of one worker, by task id; all its parts share one table
_CURRENT: ContextVar[Run | None] = ContextVar("run", default=None)


def current_run() -> Run:
    """Return the run that the caller works for; outside a worker, as in a unit test, return a new one."""
    return _CURRENT.get() or Run("", 0, Tools())
