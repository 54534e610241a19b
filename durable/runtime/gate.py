"""The gate: which of the announced tasks run, one run at most for each, and at most so many at a time.

The SDK makes a task of the event loop out of every message, and the server repeats its messages: 5,000 queued jobs
became 415,000 tasks. Here a message that cannot run yet is an id and a version in the waiting room, and its repetition
is nothing. What finds no room is announced again by the server.
"""

from collections import Counter, OrderedDict
from typing import Final

from resonate.core import Core
from resonate.ids import origin_of
from resonate.transport import ExecuteMsg, Message

from durable.run import Ending, Run, Runs, Tools

from .background import Background
from .parking import Parking, give_back
from .report import report
from .sender import RunSender
from .settings import Settings

_UNFIT: Final = (None, Ending.BODY_LEFT)  # how a run ends that the SDK gave up by itself


class Gate:
    """Takes messages, and starts runs while there is room."""

    def __init__(  # noqa: PLR0913 it is where everything about a run meets
        self,
        *,
        core: Core,
        sender: RunSender,
        runs: Runs,
        parking: Parking,
        background: Background,
        settings: Settings,
        tools: Tools,
    ) -> None:
        self._core: Final = core
        self._sender: Final = sender
        self._runs: Final = runs
        self._parking: Final = parking
        self._background: Final = background
        self._settings: Final = settings
        self._tools: Final = tools
        self._is_open = False
        self._admitted: str | None = None  # the job that may pass while the gate is closed
        self.waiting: Final = OrderedDict[str, int]()
        self.counts: Final = Counter[str]()

    def deliver(self, message: Message) -> None:
        """Take note of an announced task."""
        if not isinstance(message, ExecuteMsg):
            return
        self.counts["messages"] += 1
        task_id, version = message.task_id, message.version
        if run := self._runs.get(task_id):
            self._deliver_again(run, version)
        elif self._parking.holds(task_id, version):
            self.counts["repeated"] += 1
        elif self._admitted is not None and origin_of(task_id) == self._admitted:
            self._start(task_id, version)
        elif task_id in self.waiting or len(self.waiting) < self._settings.max_queued:
            self.waiting[task_id] = version
            self._fill()
        else:
            self.counts["dropped"] += 1

    def admit_only(self, job: str) -> None:
        """Let this job and its parts begin at once; what else is announced waits."""
        self._admitted = job

    def open(self) -> None:
        """Let everything begin, as far as there is room."""
        self._admitted = None
        self._is_open = True
        self._fill()

    def close(self) -> None:
        """Let nothing begin any more; what is still announced waits, to be passed on."""
        self._admitted = None
        self._is_open = False

    def _deliver_again(self, run: Run, version: int) -> None:
        """End the run if its lease is gone: acquiring a task makes its version one more, so this one is free again."""
        if version > run.version:
            run.next_version = version
            if run.lease:
                run.end(Ending.TAKEN_OVER)

    def _fill(self) -> None:
        while self.waiting and len(self._runs) < self._settings.concurrency and self._is_open:
            self._start(*self.waiting.popitem(last=False))

    def _start(self, task_id: str, version: int) -> None:
        run = self._runs[task_id] = Run(task_id, version, self._tools)
        self._background.start(self._supervise(run))

    async def _supervise(self, run: Run) -> None:
        """Carry the run, see off what is left of it, and only then let the next one of its task begin."""
        error = await run.carry(self._core.on_message(run.id, run.version))
        version, run.lease = run.fence, None
        self.counts[report(run, error, self._tools.clock.now())] += 1
        if run.given_up is not None and run.ending in _UNFIT:
            self._parking.hold(run.id, run.given_up)
        elif run.ending is Ending.DRAINED and version is not None:
            await give_back(self._sender, run.id, version)
        elif error is None and run.ending is None:
            self._parking.forget(run.id)
        del self._runs[run.id]
        if run.next_version is not None:
            self._begin_again(run.id, run.next_version)
        self._fill()

    def _begin_again(self, task_id: str, version: int) -> None:
        if self._admitted == origin_of(task_id):
            self._start(task_id, version)
        else:
            self.waiting[task_id] = version
            self.waiting.move_to_end(task_id, last=False)
