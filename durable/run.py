"""One admitted delivery of a task, with everything that works for it: so that it can be ended, and is when it must be.

Cancelling the SDK's own coroutine leaves the steps of a fan-out running, because each is a task of the event loop by
itself. So each step registers here as a part and each child process as a child.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .clock import Clock
from .errors import JobError
from .step_events import OnStepEvent, ignore_step_events


class Ending(StrEnum):
    """Why a run had to end before its function did."""

    LEASE_LAPSED = "lease lapsed"  # it could not be renewed in time
    TAKEN_OVER = "taken over"  # the server gave the task to somebody else, or to us again
    CONFLICT = "a write was refused"  # for one of the other reasons; which one is not said
    SETTLED = "settled from outside"  # the promise was cancelled, say, or its deadline passed
    HALTED = "halted"  # by an operator
    DRAINED = "drained"
    BODY_LEFT = "body left"  # the function ended and left steps behind


@dataclass(frozen=True)
class Lease:
    """The right to write under a version, until a moment of the monotonic clock."""

    version: int
    until: float


@dataclass(frozen=True, kw_only=True)
class Work:
    """What the root function of a run was, and the error that it ended with, if it did."""

    workflow: str
    version: int
    failure: JobError | None = None


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What a worker gives to the steps that it runs."""

    on_step_event: OnStepEvent = ignore_step_events
    clock: Clock = field(default_factory=Clock)
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(os.process_cpu_count() or 1))


class Run:
    """The id of its task, and the version of the message that announced it; acquiring it makes that one more."""

    def __init__(self, task_id: str, version: int, tools: Tools) -> None:
        self.id = task_id
        self.version = version
        self.tools = tools
        self.lease: Lease | None = None
        self.ending: Ending | None = None
        self.is_draining = False
        self.given_up: int | None = None  # the version that the SDK wanted to release
        self.next_version: int | None = None  # a newer delivery, which waits until nothing of this one is left
        self.overdue = 0.0  # seconds since it had to end; those in which the process was stopped do not count
        self.created_at: float | None = None  # when its promise was, in seconds since 1970
        self.work: Work | None = None  # what ran to its end
        self.is_settled = False  # the end of that work is written down
        self.calls = 0  # requests to the server that are under way
        self.parts: set[asyncio.Task[Any]] = set()
        self._main: asyncio.Task[Any] | None = None
        self._children: set[int] = set()  # process groups

    @property
    def fence(self) -> int | None:
        """The version that it writes under, once it has acquired its task."""
        return self.lease.version if self.lease else None

    async def carry(self, work: Coroutine[Any, Any, object]) -> BaseException | None:
        """Do the work and return, once nothing is left of it, the error that it ended with."""
        token = _CURRENT.set(self)  # inherited by every task of the event loop that the SDK starts for this run
        main = self._main = asyncio.create_task(work)
        _CURRENT.reset(token)
        if self.ending:
            main.cancel()  # it had to end before it began
        await asyncio.wait({main})
        if self.parts:
            self.end(Ending.BODY_LEFT)
            await asyncio.wait(self.parts)
        return None if main.cancelled() else main.exception()

    def end(self, why: Ending) -> None:
        """Cancel everything that works for this run, once: a part that cleans up is not disturbed again."""
        if self.ending:
            return
        self.ending = why
        for group in self._children:  # at once: a step may be slow to clean up, or await the child somewhere else
            kill_group(group)
        for task in (self._main, *self.parts):
            if task:
                task.cancel()

    @asynccontextmanager
    async def part(self) -> AsyncIterator[None]:
        """Hold the caller's task as a part of this run; while the worker drains nothing new is let in."""
        if self.is_draining:
            await asyncio.Event().wait()  # until the drain cancels it
        self.stop_if_ended()
        task = asyncio.current_task()
        assert task is not None
        self.parts.add(task)
        try:
            yield
        finally:
            self.parts.discard(task)

    def stop_if_ended(self) -> None:
        """Cancel the caller again if it swallowed its cancellation."""
        if self.ending:
            raise asyncio.CancelledError(self.ending)

    @contextmanager
    def call(self) -> Iterator[None]:
        """Count a request to the server: a run that is about to write what it did is not at rest."""
        self.calls += 1
        try:
            yield
        finally:
            self.calls -= 1

    @contextmanager
    def child(self, group: int) -> Iterator[None]:
        """Hold a child process, which leads a group, so that the group ends with this run."""
        self.stop_if_ended()
        self._children.add(group)
        try:
            yield
        finally:
            self._children.discard(group)


# What runs here, by task id. Whoever looks at the runs looks at this one table.
type Runs = dict[str, Run]
_CURRENT: ContextVar[Run | None] = ContextVar("run", default=None)


def current_run() -> Run:
    """Return the run that the caller works for; a step that a test calls by itself gets one of its own."""
    return _CURRENT.get() or Run("", 0, Tools())


def kill_group(group: int) -> None:
    """End a process group as a crash would, if it is still there."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
