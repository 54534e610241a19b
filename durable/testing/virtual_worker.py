"""A worker of a test: the real gate, runs, steps and sender around the SDK's core, without a stream or a process."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar, copy_context
from dataclasses import replace
from typing import Any, Final

from resonate.observability import noop_observer
from resonate.registry import Registry
from resonate.transport import ExecuteData, ExecuteMsg, TaskRef, Transport

from durable.payload import LenientCodec
from durable.run import EndReason, Run, Tools
from durable.runtime.background import Background
from durable.runtime.core import make_core
from durable.runtime.gate import Gate
from durable.runtime.leases import Leases
from durable.runtime.sender import RunSender
from durable.runtime.server_promises import ServerPromises
from durable.runtime.settings import Settings
from durable.workflows import Workflow

from .request_log import RequestLog
from .servers import DrivenServer
from .virtual_clock import VirtualClock
from .virtual_network import VirtualNetwork

_CURRENT: ContextVar["VirtualWorker | None"] = ContextVar("virtual_worker", default=None)


class HeldTasks:
    """Tasks that this worker cannot run, and why. It keeps them: another worker of the test gets them when it ends."""

    def __init__(self) -> None:
        self._versions: Final = dict[str, int]()
        self.errors: Final = dict[str, BaseException | None]()

    def holds(self, task_id: str, version: int) -> bool:
        """Whether a message announces a task that is held here."""
        return self._versions.get(task_id, -1) >= version

    def hold(self, task_id: str, version: int, error: BaseException | None) -> None:
        """Keep a task, and why it was parked."""
        self._versions[task_id], self.errors[task_id] = version, error

    def forget(self, task_id: str) -> None:
        """Drop a task that has run here after all."""
        self._versions.pop(task_id, None)
        self.errors.pop(task_id, None)


class VirtualWorker:
    """Runs the tasks that the driver delivers. `on_change` is called when the driver may be able to continue."""

    def __init__(  # noqa: PLR0913 a worker has all of them
        self,
        settings: Settings,
        workflows: Sequence[Workflow[..., Any]],
        *,
        server: DrivenServer,
        clock: VirtualClock,
        log: RequestLog,
        tools: Tools,
        on_change: Callable[[], None],
    ) -> None:
        self.group: Final = settings.group
        self.failure: str | None = None
        self.held: Final = HeldTasks()
        self._clock: Final = clock
        self._on_change: Final = on_change
        self._runs: Final = dict[str, Run]()
        self._dying = set[asyncio.Task[Any]]()
        self._network: Final = VirtualNetwork(server, log, die=self.kill, on_answer=on_change)
        sender = RunSender(Transport(self._network, [], noop_observer), None, self._runs, clock.now)
        self._leases: Final = Leases(sender, self._runs, settings, clock.now, self._fail)
        registry, codec = Registry(), LenientCodec()
        for workflow in workflows:
            registry.register(workflow.name, workflow, workflow.version)
        self._context: Final = copy_context()
        self._context.run(_CURRENT.set, self)
        self._gate: Final = Gate(
            executor=make_core(sender, codec, registry, heartbeat=self._leases, settings=settings, clock=tools.clock),
            sender=sender,
            runs=self._runs,
            parking=self.held,
            background=Background(self._fail),
            settings=settings,
            tools=replace(tools, promises=ServerPromises(sender, codec, settings.group, tools.clock)),
        )
        self._gate.open()

    def deliver(self, task_id: str, version: int) -> None:
        """Announce a task to the worker."""
        message = ExecuteMsg(data=ExecuteData(task=TaskRef(id=task_id, version=version)))
        self._context.run(self._gate.deliver, message)

    async def renew_leases(self) -> None:
        """Renew its leases, however fast the time passes, and notice tasks that ended elsewhere."""
        if self._runs:
            renewal = asyncio.create_task(self._leases.renew_once(), context=self._context.copy())
            await asyncio.wait({renewal})  # the worker may be killed meanwhile, and this task with it
            if not renewal.cancelled():
                renewal.result()

    @property
    def is_alive(self) -> bool:
        """Whether it was not killed."""
        return not self._network.is_cut_off

    @property
    def is_idle(self) -> bool:
        """Whether it only waits for the clock."""
        if not self.is_alive:
            return not self._dying
        return not self._network.under_way and all(map(self._is_asleep, self._runs.values()))

    def _is_asleep(self, run: Run) -> bool:
        return bool(run.steps) and all(map(self._clock.is_asleep, run.steps))

    @property
    def runs(self) -> Sequence[Run]:
        """What it runs now."""
        return list(self._runs.values())

    def knows(self, task_id: str) -> bool:
        """Whether the task runs, waits for its turn, or is held here."""
        return task_id in self._runs or task_id in self._gate.waiting or task_id in self.held.errors

    @property
    def busy_runs(self) -> Mapping[str, int]:
        """The tasks that do not sleep, with the number of their steps."""
        return {run.id: len(run.steps) for run in self._runs.values() if not self._is_asleep(run)}

    def kill(self) -> None:
        """End it as a crash does: it sends nothing more, and all its coroutines end."""
        self._network.is_cut_off = True
        self._gate.close()
        for run in self._runs.values():
            run.end(EndReason.LEASE_LAPSED)  # which kills its child processes
        self._dying = {task for task in asyncio.all_tasks() if task.get_context().get(_CURRENT) is self}
        for task in self._dying:
            task.cancel()
            task.add_done_callback(self._bury)

    async def wait_for_end(self, seconds: float) -> None:
        """Return once the coroutines of a killed worker have ended."""
        if self._dying:
            await asyncio.wait(set(self._dying), timeout=seconds)

    def _bury(self, task: asyncio.Task[Any]) -> None:
        self._dying.discard(task)
        if not task.cancelled():
            task.exception()  # no other code needs an error of a killed coroutine
        self._on_change()

    def _fail(self, reason: str) -> None:
        self.failure = self.failure or reason
        self._on_change()


def is_caller_dead() -> bool:
    """Whether the calling step belongs to a killed worker: its actions no longer have effects."""
    worker = _CURRENT.get()
    return worker is not None and not worker.is_alive
