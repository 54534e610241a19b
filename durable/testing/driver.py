"""Drives a test: delivers tasks to its workers, and advances the time when nothing more can happen.

It waits until every run has ended or sleeps, then jumps to the next moment at which a timer fires.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from durable.run import Tools
from durable.step_events import StepEvent, StepEventKind
from durable.wire.requests import Request
from durable.workflows import Workflow

from .request_log import RequestLog
from .servers import DrivenServer, Timer, TimerKind, ask
from .stage import Groups, StuckError
from .step_bodies import StepBodies
from .virtual_clock import VirtualClock
from .worker_pool import DriverOptions, Surroundings, WorkerPool

_QUIET_TURNS: Final = 10  # turns of the event loop: the SDK needs fewer between a step's end and its next request
_MAX_TURNS: Final = 50  # for a run to end after its last request, before the driver waits for real work
_NOTICE_MILLISECONDS: Final = 10_000  # two thirds of a lease, in which a worker renews it twice
_POLL_SECONDS: Final = 0.01  # for a step that waits for something outside of the test


class Driver:
    """Implements `Stage` with workers, a server and a time of its own."""

    def __init__(
        self, server: DrivenServer, clock: VirtualClock, groups: Groups, log: RequestLog, options: DriverOptions
    ) -> None:
        """The clock must set `changed` when a task falls asleep."""
        self.attempts: Final = Counter[str]()
        self.begun: Final = Counter[str]()
        self.bodies: Final = StepBodies(clock)
        self.log: Final = log
        self._server: Final = server
        self._clock: Final = clock
        self._options: Final = options
        self._changed: Final = asyncio.Event()
        tools = Tools(
            on_step_event=self._count_attempt,
            clock=clock.as_clock(options.draw),
            find_body=self.bodies.find,
            tracing=options.tracing,
        )
        around = Surroundings(server=server, clock=clock, log=log, tools=tools, on_change=self._changed.set)
        self._pool: Final = WorkerPool(groups, options, around)
        clock.on_sleep = self._changed.set

    @property
    def now(self) -> float:
        """The seconds since 1970."""
        return self._clock.now()

    @property
    def parking_errors(self) -> Mapping[str, str]:
        """Why tasks are parked."""
        return {task: str(error) for worker in self._pool.alive for task, error in worker.held.errors.items()}

    def _count_attempt(self, event: StepEvent) -> None:
        if event.kind is StepEventKind.STARTED:
            self.attempts[event.step_promise_id] += 1
            self.begun[event.step] += 1
        self._changed.set()

    def ask[A](self, request: Request, answer: type[A]) -> A:
        """Send a request."""
        return ask(self._server, request, answer)

    def make_id(self, number: int) -> str:
        """Return the id of a job that has none."""
        return f"job-{number}"

    def find_address(self, workflow: Workflow[..., Any]) -> str:
        """Return the address of the group that knows the workflow."""
        return self._pool.find_address(workflow)

    async def request[A](self, request: Request, answer: type[A]) -> A:
        """Send a request, and let everything happen that follows from it at this time."""
        result = self.ask(request, answer)
        await self.settle()
        return result

    async def kill_workers(self) -> None:
        """Kill every worker; others take their places."""
        self._pool.kill()
        await self.settle()

    async def deploy(self, groups: Groups) -> None:
        """Replace every worker by one that knows these workflows."""
        self._pool.deploy(groups)
        await self.settle()

    async def settle(self) -> None:
        """Return when nothing more can happen at this time."""
        waited = 0.0
        while True:
            self._changed.clear()
            self._pool.hire()
            if self._pool.deliver():
                waited = 0.0
                continue
            if await self._is_quiet():
                if self._pool.hire():  # a worker was killed meanwhile
                    continue
                return
            try:
                await asyncio.wait_for(self._changed.wait(), _POLL_SECONDS)
                waited = 0.0
            except TimeoutError:
                waited += _POLL_SECONDS
                if waited > self._options.patience_seconds:
                    raise StuckError(self._describe_busy()) from None

    async def advance(self, is_done: Callable[[], bool], explain: Callable[[], str]) -> None:
        """Let time pass until the condition is true, but only where a job waits for time."""
        await self.settle()
        while not is_done():
            moment = min(self._list_moments(), default=None)
            if moment is None:
                raise StuckError(explain())
            await self._jump(moment)

    async def pass_time(self, duration: timedelta) -> None:
        """Let this much time pass, with everything that happens meanwhile."""
        end = self._clock.milliseconds + round(duration.total_seconds() * 1_000)
        await self.settle()
        while self._clock.milliseconds < end:
            await self._jump(min((end, *self._list_moments(with_deadlines=True))))

    async def close(self) -> None:
        """End the workers and the server."""
        self._pool.kill()
        for worker in self._pool:
            await worker.wait_for_end(self._options.patience_seconds)
        self._server.close()

    async def _is_quiet(self) -> bool:
        """Whether every worker is idle within some turns of the event loop, and stays so for some more."""
        quiet_turns = 0
        for _ in range(_MAX_TURNS):
            if failure := next((worker.failure for worker in self._pool if worker.failure), None):
                raise AssertionError(failure)
            quiet_turns = quiet_turns + 1 if all(worker.is_idle for worker in self._pool) else 0
            if quiet_turns == _QUIET_TURNS:
                return not self._pool.deliver()
            await asyncio.sleep(0)
        return False

    async def _jump(self, moment: int) -> None:
        """Advance the time, unless a worker would have noticed before that one of its tasks has ended."""
        if moment - self._clock.milliseconds > _NOTICE_MILLISECONDS and await self._end_lost_runs():
            return
        self._clock.advance(moment)
        await self._pool.renew_leases()
        self._server.fire_due()
        await self.settle()

    async def _end_lost_runs(self) -> bool:
        """Renew leases twice: the second time workers read their tasks; return whether runs ended."""
        before = [run for worker in self._pool.alive for run in worker.runs]
        for _ in range(2 if before else 0):
            await self._pool.renew_leases()
        await self.settle()
        return before != [run for worker in self._pool.alive for run in worker.runs]

    def _list_moments(self, *, with_deadlines: bool = False) -> Iterator[int]:
        """Yield the moments at which a timer fires; with deadlines, also those at which a promise times out."""
        timers = self._server.timers()
        sleeps = {timer.id for timer in timers if timer.kind is TimerKind.SLEEP}
        for timer in timers:
            if self._is_awaited(timer, sleeps, with_deadlines=with_deadlines):
                yield timer.moment
        if (alarm := self._clock.next_alarm) is not None:
            yield alarm

    def _is_awaited(self, timer: Timer, sleeps: set[str], *, with_deadlines: bool) -> bool:
        if timer.kind is TimerKind.SLEEP:
            return True
        if timer.kind is TimerKind.DEADLINE:
            return with_deadlines
        return timer.id not in sleeps and self._can_deliver(timer)  # the task of a sleep starts nothing

    def _can_deliver(self, timer: Timer) -> bool:
        """Whether a worker would run a task that no worker has now; a worker that has it keeps its lease."""
        workers = self._pool.find_at(timer.address)
        return bool(workers) and not any(worker.knows(timer.id) for worker in workers)

    def _describe_busy(self) -> str:
        busy = {task: steps for worker in self._pool for task, steps in worker.busy_runs.items()}
        return (
            f"no progress for {self._options.patience_seconds:g} s of real time; running tasks and their steps: {busy}"
        )
