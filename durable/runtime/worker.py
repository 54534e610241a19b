"""The worker: one process that runs what the server announces to its group, put together from its parts.

It is made of the SDK's `Core` and not of its facade, which starts a task for every message that nobody can cancel.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from resonate.codec import Codec
from resonate.connections.sse import resolve_target
from resonate.core import Core
from resonate.observability import noop_observer
from resonate.registry import Registry
from resonate.retry import Never

from durable.clock import Clock
from durable.logs import log_event
from durable.payload import LenientCodec
from durable.server import PeriodicTask
from durable.step_events import OnStepEvent, ignore_step_events
from durable.workflow import Workflow

from .background import Background
from .connected import ConnectedServer
from .connection import Connection
from .drain import let_finish, pass_on
from .gate import Gate
from .leases import Leases
from .parking import Parking
from .probe import Probe, proven
from .process import FatalReason, carry
from .run import Runs, Tools
from .settings import Settings
from .upkeep import run_periodically

_LOG = logging.getLogger(__name__)
_TOLD: Final = ("running", "waiting", "parked", "streams")  # the gauges that the log is told
_LATER: Final = 1.0  # seconds after which a stubborn step has been reported for certain


class Worker:
    """`await run()` returns the exit code; `stop()` lets it leave in peace, and a second time in a hurry."""

    def __init__(  # noqa: PLR0913 what a worker is made for; only the first two must be said
        self,
        settings: Settings,
        workflows: Sequence[Workflow[..., Any]],
        *,
        on_step_event: OnStepEvent = ignore_step_events,
        periodic_tasks: Sequence[PeriodicTask] = (),
        clock: Clock | None = None,
        fatal_reason: FatalReason | None = None,
    ) -> None:
        """Several workers of one process share their last words."""
        self.settings: Final = settings
        self.failure: str | None = None
        self._clock: Final = clock or Clock()
        self._periodic_tasks: Final = periodic_tasks
        self._fatal_reason: Final = fatal_reason or FatalReason()
        self._is_proven = False
        self._stop: Final = asyncio.Event()
        self._hurry: Final = asyncio.Event()
        self._runs: Final[Runs] = {}
        self._heart: Final = Background(self.fail)
        self._background: Final = Background(self.fail)
        self._chores: Final = Background(self.fail)
        self._connection: Final = Connection(settings, self._clock, runs=self._runs, fail=self.fail)
        sender = self._connection.sender
        self._parking: Final = Parking(sender, self._background, settings.lease, self._clock)
        self._leases: Final = Leases(sender, self._runs, settings, self._clock.monotonic, self.fail)
        codec, registry = LenientCodec(), Registry()
        self._server: Final = ConnectedServer(sender, codec, settings.group, self._clock.now)
        self._gate: Final = self._gate_to(self._core(codec, registry), on_step_event)
        self._probe: Final = self._probe_with(codec)
        for workflow in (*workflows, *self._probe.workflows):
            registry.register(workflow.name, workflow, workflow.version)

    def _core(self, codec: Codec, registry: Registry) -> Core:
        return Core(
            sender=self._connection.sender,
            fencing=self._connection.sender,
            codec=codec,
            registry=registry,
            resolver=self._address_of,
            heartbeat=self._leases,
            pid=self.settings.pid,
            ttl=int(self.settings.lease * 1000),
            retry_policy=Never(),  # a step has its own, and a body must have none
            observer=noop_observer,
        )

    def _gate_to(self, core: Core, on_step_event: OnStepEvent) -> Gate:
        return Gate(
            core=core,
            sender=self._connection.sender,
            runs=self._runs,
            parking=self._parking,
            background=self._background,
            settings=self.settings,
            tools=Tools(on_step_event=on_step_event, clock=self._clock, slots=asyncio.Semaphore(self.settings.slots)),
        )

    def _probe_with(self, codec: Codec) -> Probe:
        return Probe(
            connection=self._connection,
            server=self._server,
            codec=codec,
            gate=self._gate,
            settings=self.settings,
            clock=self._clock,
        )

    def _address_of(self, target: str | None) -> str:
        """Return the address of a group, ours if none is named; an address is one already."""
        return target if target and "://" in target else resolve_target(target or self.settings.group)

    @property
    def is_ready(self) -> bool:
        """Whether it hears the server, fits it and takes work."""
        return self._is_proven and self._connection.stream.connected > 0 and not self._stop.is_set()

    @property
    def is_alive(self) -> bool:
        """Whether it can go on; a process that cannot must be replaced."""
        return self.failure is None

    @property
    def is_steady(self) -> bool:
        """Whether it may stay: it was ready once, and can go on. An outage of the server is not healed by another."""
        return self.is_alive and self._is_proven and self._connection.stream.opened > 0

    @property
    def gauges(self) -> Mapping[str, int]:
        """What is here now, and what has been counted since the start."""
        return {
            "running": len(self._runs),
            "waiting": len(self._gate.waiting),
            "parked": len(self._parking),
            "streams": self._connection.stream.connected,
            "streams opened": self._connection.stream.opened,
            "requests": self._connection.network.sent,
            **self._gate.counts,
        }

    def fail(self, why: str) -> None:
        """End soon, with an exit code that says so: only another process can help."""
        self._fatal_reason.log(why)
        self.failure = self.failure or why
        self._stop.set()
        self._hurry.set()

    def stop(self) -> None:
        """Drain; the second time, without letting steps finish."""
        (self._hurry if self._stop.is_set() else self._stop).set()

    async def run(self) -> int:
        """Work until stopped, as a process of its own, and return the exit code."""
        return await carry(self, self.settings.health_port)

    async def work(self) -> int:
        """Work until stopped, whoever else is in this process."""
        if not self.failure:
            await self._work()
        return 1 if self.failure else 0

    async def _work(self) -> None:
        await self._connection.open(self._gate.deliver)
        self._heart.start(self._leases.keep())
        self._chores.start(self._begin())
        await self._stop.wait()
        self._chores.cancel()
        await self._drain()
        self._heart.cancel()
        await self._connection.network.stop()

    async def _begin(self) -> None:
        """Take no work before server and SDK are known to fit."""
        began = self._clock.monotonic()
        if self.settings.probe_timeout and (why := await proven(self._probe)):
            self.fail(why)
        if self.failure:
            return
        self._gate.open()
        self._is_proven = True
        lasted = round(self._clock.monotonic() - began, 3)
        group = self.settings.group
        log_event(_LOG, logging.INFO, "ready", {"event": "worker_ready", "group": group, "duration": lasted})
        self._chores.start(self._tell_gauges())
        for task in self._periodic_tasks:
            self._chores.start(run_periodically(task, self._server, self._clock))

    async def _tell_gauges(self) -> None:
        while True:
            told = {name: self.gauges[name] for name in _TOLD}
            log_event(_LOG, logging.INFO, "gauges", {"event": "gauges", "group": self.settings.group, **told})
            await self._clock.sleep(self.settings.gauge_interval)

    async def _drain(self) -> None:
        """Leave: first so that the server announces nothing more to us, at last with nothing that is still ours."""
        self._gate.close()
        await self._connection.stream.stop()
        self._parking.close()
        if not self.failure:
            await pass_on(self._gate, self._connection.sender, self.settings)
        await let_finish(self._runs, self.settings, self._hurry)
        await self._background.wait(self.settings.cleanup_timeout + _LATER)
