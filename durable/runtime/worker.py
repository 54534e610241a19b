"""A worker: runs the tasks that the server announces to its group, and connects the parts that do so.

It uses the SDK's `Core` and not its facade, which starts a task for every message and cannot cancel it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from resonate.registry import Registry

from durable.clock import Clock
from durable.logs import Field, log_event
from durable.payload import LenientCodec
from durable.run import Runs, Tools
from durable.run_trace import NO_TRACING, Tracing
from durable.server import PeriodicTask, Server
from durable.step_events import OnStepEvent, ignore_step_events
from durable.workflows import Workflow

from .background import Background
from .bridge import Bridge, Function
from .connection import Connection
from .core import make_core
from .drain import finish_runs, release_queued
from .gate import Gate, TaskExecutor
from .leases import Leases
from .parking import Parking
from .probe import Probe, find_mismatch
from .server_clock import ServerClock
from .settings import Settings

_LOG = logging.getLogger(__name__)
_LOGGED_GAUGES: Final = ("running", "waiting", "parked", "streams")
_REPORT_SECONDS: Final = 1.0  # until a step that ignores its cancellation has been reported
_JITTER: Final = 0.2  # share of an interval: workers that started together do not repeat a task together


def log_failure(reason: str) -> None:
    """Log why the process must end."""
    log_event(_LOG, logging.CRITICAL, reason, {"event": "worker_failed"})


class Worker:
    """Serves one group. `stop()` drains it; a second `stop()` ends running steps."""

    def __init__(  # noqa: PLR0913 keyword-only
        self,
        settings: Settings,
        workflows: Sequence[Workflow[..., Any]],
        *,
        on_step_event: OnStepEvent = ignore_step_events,
        periodic_tasks: Sequence[PeriodicTask] = (),
        tracing: Tracing = NO_TRACING,
        function: Function | None = None,
        clock: Clock | None = None,
    ) -> None:
        """With `function`, the function runs each task, and this process needs no workflows."""
        self.settings: Final = settings
        self.tracing: Final = tracing
        self.failure: str | None = None
        self.on_failure: Callable[[str], None] = log_failure
        server_clock = ServerClock(clock or Clock())
        self._clock: Final = server_clock.as_clock()
        self._periodic_tasks: Final = periodic_tasks
        self._is_open = False
        self._stop: Final = asyncio.Event()
        self._hurry: Final = asyncio.Event()
        self._runs: Final[Runs] = {}
        self._lease_keeper: Final = Background(self.fail)
        self._background: Final = Background(self.fail)
        self._periodic: Final = Background(self.fail)
        codec, registry = LenientCodec(), Registry()
        self._connection: Final = Connection(
            settings, self._clock, codec, runs=self._runs, fail=self.fail, note_date=server_clock.note_date
        )
        sender = self._connection.sender
        self._parking: Final = Parking(sender, self._background, settings, self._clock)
        self._leases: Final = Leases(sender, self._runs, settings, self._clock.monotonic, self.fail)
        self._function: Final = function
        core = make_core(sender, codec, registry, heartbeat=self._leases, settings=settings, clock=self._clock)
        self._gate: Final = self._make_gate(self._make_bridge(function) if function else core, on_step_event)
        self._probe: Final = Probe(
            connection=self._connection, codec=codec, gate=self._gate, settings=settings, clock=self._clock
        )
        for workflow in (*workflows, *self._probe.workflows):
            registry.register(workflow.name, workflow, workflow.version)

    def _make_bridge(self, function: Function) -> Bridge:
        connection = self._connection
        return Bridge(
            function, sender=connection.sender, promises=connection.promises, runs=self._runs, clock=self._clock
        )

    def _make_gate(self, executor: TaskExecutor, on_step_event: OnStepEvent) -> Gate:
        return Gate(
            executor=executor,
            sender=self._connection.sender,
            runs=self._runs,
            parking=self._parking,
            background=self._background,
            settings=self.settings,
            tools=Tools(
                on_step_event=on_step_event,
                clock=self._clock,
                promises=self._connection.promises,
                slots=asyncio.Semaphore(self.settings.slots),
                tracing=self.tracing,
            ),
        )

    @property
    def is_ready(self) -> bool:
        """Whether it is connected and takes work."""
        return self._is_open and self._connection.stream.connected > 0 and not self._stop.is_set()

    @property
    def is_alive(self) -> bool:
        """Whether it has not failed; a process that has failed must be replaced."""
        return self.failure is None

    @property
    def is_steady(self) -> bool:
        """Whether it was ready once and has not failed: replacing it would not end an outage of the server."""
        return self.is_alive and self._is_open and self._connection.stream.opened > 0

    @property
    def gauges(self) -> Mapping[str, int]:
        """Current numbers, and counts since the start."""
        return {
            "running": len(self._runs),
            "waiting": len(self._gate.waiting),
            "parked": len(self._parking),
            "streams": self._connection.stream.connected,
            "streams opened": self._connection.stream.opened,
            "requests": self._connection.network.sent,
            **self._gate.counts,
        }

    def fail(self, reason: str) -> None:
        """End soon and report the reason: the process must be replaced."""
        self.on_failure(reason)
        self.failure = self.failure or reason
        self._stop.set()
        self._hurry.set()

    def stop(self) -> None:
        """Drain; a second call ends running steps."""
        (self._hurry if self._stop.is_set() else self._stop).set()

    async def work(self) -> None:
        """Work until stopped or failed."""
        if self.failure:
            return
        await self._connection.open(self._gate.deliver)
        self._lease_keeper.start(self._leases.keep())
        self._periodic.start(self._open_gate())
        await self._stop.wait()
        self._periodic.cancel()
        await self._drain()
        self._lease_keeper.cancel()
        for canceled in (self._periodic, self._lease_keeper):  # no task may outlive the caller's event loop
            await canceled.wait(_REPORT_SECONDS)
        await self._connection.network.stop()
        if self._function:
            await self._function.close()

    async def _open_gate(self) -> None:
        """Take work once server and SDK are known to fit, and start the periodic tasks."""
        started = self._clock.monotonic()
        if self.settings.probe_timeout and not self._function and (mismatch := await find_mismatch(self._probe)):
            self.fail(mismatch)
        if self.failure:
            return
        self._gate.open()
        self._is_open = True
        duration = round(self._clock.monotonic() - started, 3)
        fields: Mapping[str, Field] = {"event": "worker_ready", "group": self.settings.group, "duration": duration}
        log_event(_LOG, logging.INFO, "ready", fields)
        self._periodic.start(self._log_gauges())
        for task in self._periodic_tasks:
            self._periodic.start(run_periodically(task, self._connection.promises, self._clock))

    async def _log_gauges(self) -> None:
        while True:
            values = {name: self.gauges[name] for name in _LOGGED_GAUGES}
            log_event(_LOG, logging.INFO, "gauges", {"event": "gauges", "group": self.settings.group, **values})
            await self._clock.sleep(self.settings.gauge_interval)

    async def _drain(self) -> None:
        """Close the stream first, so that the server announces nothing more, then release tasks and end runs."""
        self._gate.close()
        await self._connection.stream.stop()
        self._parking.close()
        if not self.failure:
            await release_queued(self._gate, self._connection.sender, self.settings)
        await finish_runs(self._runs, self.settings, self._hurry)
        await self._background.wait(self.settings.cleanup_timeout + _REPORT_SECONDS)


async def run_periodically(task: PeriodicTask, server: Server, clock: Clock) -> None:
    """Run a task now and after each interval until canceled; a failure is logged, and the next round follows."""
    while True:
        try:
            await task.run(server)
        except Exception as exc:  # noqa: BLE001 no error of a periodic task may stop jobs
            fields = {"event": "periodic_task_failed", "task": task.name}
            log_event(_LOG, logging.ERROR, f"{task.name} failed", fields, exc)
        await clock.sleep(task.interval * (1 - _JITTER * clock.draw()))
