"""The workers of a test: killed ones are replaced, and the workers of a group take turns."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from durable.run import Tools
from durable.run_trace import NO_TRACING, Tracing
from durable.runtime.settings import Settings
from durable.workflows import Workflow

from .request_log import RequestLog
from .servers import DrivenServer
from .stage import Groups
from .virtual_clock import VirtualClock
from .virtual_worker import VirtualWorker


@dataclass(frozen=True, kw_only=True)
class DriverOptions:
    """The workers of a test; After `patience_seconds` of real time without progress the test fails."""

    workers_per_group: int = 1
    concurrency: int = 64  # tasks of a worker at a time; a real worker's default is lower, for work that needs memory
    draw: float = 0.0  # used for every random number from 0 to 1, such as the jitter of pauses
    patience_seconds: float = 60.0
    tracing: Tracing = NO_TRACING


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What each worker of a test has; `on_change` is called whenever one does something."""

    server: DrivenServer
    clock: VirtualClock
    log: RequestLog
    tools: Tools
    on_change: Callable[[], None]


class WorkerPool:
    """The workers of each group."""

    def __init__(self, groups: Groups, options: DriverOptions, surroundings: Surroundings) -> None:
        self._groups = dict(groups)
        self._options: Final = options
        self._surroundings: Final = surroundings
        self._workers: Final = list[VirtualWorker]()
        self._turn = 0

    def __iter__(self) -> Iterator[VirtualWorker]:
        return iter(self._workers)

    @property
    def alive(self) -> Sequence[VirtualWorker]:
        """The workers that were not killed."""
        return [worker for worker in self._workers if worker.is_alive]

    def find_address(self, workflow: Workflow[..., Any]) -> str:
        """Return the address of the group that knows the workflow."""
        for group, workflows in self._groups.items():
            if workflow in workflows:
                return f"poll://any@{group}"
        raise LookupError(f"no worker of this test knows {workflow.name}: pass it to the test, too")

    def find_at(self, address: str) -> Sequence[VirtualWorker]:
        """Return the workers that get the tasks of an address."""
        group = address.partition("@")[2].partition("/")[0]
        return [worker for worker in self.alive if worker.group == group]

    def hire(self) -> bool:
        """Replace killed workers; return whether there were any."""
        before = len(self._workers)
        for group, workflows in self._groups.items():
            missing = self._options.workers_per_group - sum(worker.group == group for worker in self.alive)
            for _ in range(missing if workflows else 0):
                self._workers.append(self._make_worker(group, workflows))
        return len(self._workers) > before

    def deploy(self, groups: Groups) -> None:
        """Kill every worker; their successors know these workflows."""
        self.kill()
        self._groups |= groups

    def kill(self) -> None:
        """Kill every worker."""
        for worker in self.alive:
            worker.kill()

    def deliver(self) -> bool:
        """Deliver what the server announces, to the workers of a group in turn; return whether there was anything."""
        announced = list(self._surroundings.server.take_announced())
        for task in announced:
            if workers := self.find_at(task.address):
                self._turn += 1
                workers[self._turn % len(workers)].deliver(task.id, task.version)
        return bool(announced)

    async def renew_leases(self) -> None:
        """Let every worker renew its leases."""
        for worker in self.alive:
            await worker.renew_leases()

    def _make_worker(self, group: str, workflows: Sequence[Workflow[..., Any]]) -> VirtualWorker:
        around = self._surroundings
        settings = Settings(
            url="http://in-process",
            group=group,
            pid=f"{group}-{len(self._workers)}",
            concurrency=self._options.concurrency,
        )
        return VirtualWorker(
            settings, workflows, server=around.server, clock=around.clock, log=around.log, tools=around.tools,
            on_change=around.on_change,
        )  # fmt: skip
