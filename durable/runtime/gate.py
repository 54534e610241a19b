"""The gate: starts announced tasks, at most one run for each, and at most `concurrency` at a time.

The SDK makes an asyncio task of every message, and the server repeats its messages: 5,000 queued jobs became 415,000
tasks. Here a task that cannot run yet is an id and a version in a queue, and a repeated message adds nothing. The
server announces again the tasks for which the queue has no room.
"""

from collections import Counter
from typing import Final, Protocol

from resonate.ids import origin_of
from resonate.transport import ExecuteMsg, Message

from durable.permits import Permit, Permits
from durable.run import EndReason, Run, Runs, Tools

from .background import Background
from .owners import OwnerSearch
from .parking import find_version_to_park, release
from .report import report
from .sender import RunSender
from .settings import Settings
from .task_queue import TaskQueue


class TaskExecutor(Protocol):
    """Executes one task: the SDK's core here, or a bridge elsewhere."""

    async def on_message(self, task_id: str, version: int) -> object:
        """Execute a task that the server announced under this version."""


class TaskParking(Protocol):
    """Keeps tasks that this worker cannot run from being delivered again and again."""

    def holds(self, task_id: str, version: int) -> bool:
        """Whether a message announces a task that is held here."""

    def hold(self, task_id: str, version: int, error: BaseException | None) -> None:
        """Hold a task that ended with this error."""

    def forget(self, task_id: str) -> None:
        """Note that a task has run here after all."""


class Gate:
    """Takes messages, and starts runs while it is open and the concurrency allows one more."""

    def __init__(  # noqa: PLR0913 a run needs all of them
        self,
        *,
        executor: TaskExecutor,
        sender: RunSender,
        runs: Runs,
        parking: TaskParking,
        background: Background,
        settings: Settings,
        tools: Tools,
    ) -> None:
        self._executor: Final = executor
        self._sender: Final = sender
        self._runs: Final = runs
        self._parking: Final = parking
        self._background: Final = background
        self._settings: Final = settings
        self._tools: Final = tools
        self._permits: Final = Permits(settings.concurrency, self._start_waiting)
        self._is_open = False
        self._admitted: str | None = None  # the job that may run while the gate is closed
        self.waiting: Final = TaskQueue(settings.max_queued)
        self._owners: Final = OwnerSearch(sender, self.waiting.new, background, settings.owner_tag)
        self.counts: Final = Counter[str]()

    def deliver(self, message: Message) -> None:
        """Start, queue or drop an announced task."""
        if not isinstance(message, ExecuteMsg):
            return
        self.counts["messages"] += 1
        task_id, version = message.task_id, message.version
        if run := self._runs.get(task_id):
            self._redeliver(run, version)
        elif self._parking.holds(task_id, version):
            self.counts["repeated"] += 1
        elif self._admitted is not None and origin_of(task_id) == self._admitted:
            self._start(task_id, version)
        elif self.waiting.put(task_id, version):
            self._start_waiting()
            self._owners.find(task_id)
        else:
            self.counts["dropped"] += 1

    def admit_only(self, job: str) -> None:
        """Start this job and its parts at once; all other tasks wait."""
        self._admitted = job

    def open(self) -> None:
        """Start tasks, as far as the concurrency allows."""
        self._admitted = None
        self._is_open = True
        self._start_waiting()

    def close(self) -> None:
        """Start nothing more; tasks that are still announced are queued, to be released."""
        self._admitted = None
        self._is_open = False
        self._owners.close()

    def _redeliver(self, run: Run, version: int) -> None:
        """End the run if its lease is gone: a higher version means that the server offers the task again."""
        if version > run.version:
            run.next_version = version
            if run.lease:
                run.end(EndReason.TAKEN_OVER)

    def _start_waiting(self) -> None:
        while self.waiting and self._is_open and self._permits.try_take():
            self._start(*self.waiting.pop(), Permit(self._permits))

    def _start(self, task_id: str, version: int, permit: Permit | None = None) -> None:
        run = self._runs[task_id] = Run(task_id, version, self._tools, permit)
        self._background.start(self._supervise(run))

    async def _supervise(self, run: Run) -> None:
        """Execute the run, release or park its task, and only then start the next run of the task."""
        error = await run.execute(self._executor.on_message(run.id, run.version))
        version, run.lease = run.fence, None
        self.counts[report(run, error, self._tools.clock.now())] += 1
        if (unknown := find_version_to_park(run)) is not None:
            self._parking.hold(run.id, unknown, error)
        elif run.end_reason is EndReason.DRAINED and version is not None:
            await release(self._sender, run.id, version)
        elif error is None and run.end_reason is None:
            self._parking.forget(run.id)
        del self._runs[run.id]
        if run.next_version is not None:
            self._restart(run.id, run.next_version)
        if run.permit:
            self._permits.give()
        self._start_waiting()

    def _restart(self, task_id: str, version: int) -> None:
        if self._admitted == origin_of(task_id):
            self._start(task_id, version)
        else:
            self.waiting.put_first(task_id, version)
