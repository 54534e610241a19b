"""The gate: which of the announced tasks run, one run at most for each, and at most so many at a time.

The SDK makes a task of the event loop out of every message, and the server repeats its messages: 5,000 queued jobs
became 415,000 tasks. Here a message that cannot run yet is an id and a version in the waiting room, and its repetition
is nothing. What finds no room is announced again by the server.
"""

import logging
from collections import Counter, OrderedDict
from typing import Final

from resonate.core import Core
from resonate.error import FunctionNotFoundError, ServerError
from resonate.transport import ExecuteMsg, Message

from durable.logs import Field, say

from .background import Background
from .parking import Parking, give_back
from .run import Ending, Run, Runs, Tools
from .sender import RunSender
from .settings import Settings

_LOG = logging.getLogger(__name__)
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
        self._is_closed = False
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
        elif task_id in self.waiting or len(self.waiting) < self._settings.waiting:
            self.waiting[task_id] = version
            self._fill()
        else:
            self.counts["dropped"] += 1

    def close(self) -> None:
        """Let nothing begin any more; what is still announced waits, to be passed on."""
        self._is_closed = True

    def _deliver_again(self, run: Run, version: int) -> None:
        """End the run if its lease is gone: acquiring a task makes its version one more, so this one is free again."""
        if version > run.version:
            run.next_version = version
            if run.lease:
                run.end(Ending.TAKEN_OVER)

    def _fill(self) -> None:
        while self.waiting and len(self._runs) < self._settings.concurrency and not self._is_closed:
            task_id, version = self.waiting.popitem(last=False)
            run = self._runs[task_id] = Run(task_id, version, self._tools)
            self._background.start(self._supervise(run))

    async def _supervise(self, run: Run) -> None:
        """Carry the run, see off what is left of it, and only then let the next one of its task begin."""
        error = await run.carry(self._core.on_message(run.id, run.version))
        version, run.lease = run.fence, None
        self._report(run, error)
        if run.given_up is not None and run.ending in _UNFIT:
            self._parking.hold(run.id, run.given_up)
        elif run.ending is Ending.DRAINED and version is not None:
            await give_back(self._sender, run.id, version)
        elif error is None and run.ending is None:
            self._parking.forget(run.id)
        del self._runs[run.id]
        if run.next_version is not None:
            self.waiting[run.id] = run.next_version
            self.waiting.move_to_end(run.id, last=False)
        self._fill()

    def _report(self, run: Run, error: BaseException | None) -> None:
        how = run.ending or (type(error).__name__ if error else "done")
        self.counts[how] += 1
        if isinstance(error, FunctionNotFoundError):
            fields: dict[str, Field] = {"task": run.id, "workflow": error.name, "version": error.version}
            say(_LOG, logging.ERROR, "parked: this worker does not know the workflow or its version", fields)
        elif isinstance(error, ServerError) and error.code == 409 and not run.ending:  # noqa: PLR2004 HTTP's conflict
            say(_LOG, logging.DEBUG, "another worker was faster", {"task": run.id})
        elif run.ending or error:
            fields = {"task": run.id, "error": repr(error) if error else None}
            level = logging.INFO if run.ending in (Ending.DRAINED, Ending.SETTLED) else logging.WARNING
            say(_LOG, level, f"a run ended early: {how}", fields)
