"""Find the owners of queued jobs, so that owners take turns. The owner is a tag of the job's promise.

The server announces a task by its id only. So a job that has to wait costs one more small request; one that starts at
once costs none.
"""

import asyncio
from contextlib import suppress
from itertools import islice
from typing import Final

from resonate.error import ResonateError
from resonate.ids import origin_of

from .background import Background
from .sender import RunSender
from .task_queue import TurnQueue

_CONCURRENCY: Final = 8  # requests


class OwnerSearch:
    """Looks up the owners of jobs, one after the other."""

    def __init__(self, sender: RunSender, queue: TurnQueue, background: Background, tag: str | None) -> None:
        """`tag` is the name of the tag; None means that all jobs have the same owner."""
        self._sender: Final = sender
        self._queue: Final = queue
        self._background: Final = background
        self._tag: Final = tag
        self._jobs: Final[dict[str, None]] = {}  # to look up, in this order
        self._is_running = False

    def find(self, task_id: str) -> None:
        """Find the owner of a task's job, if it waits and its owner is not known."""
        job = origin_of(task_id)
        if self._tag is None or not self._queue.needs_owner(job):
            return
        self._jobs[job] = None
        if not self._is_running:
            self._is_running = True
            self._background.start(self._run(self._tag))

    def close(self) -> None:
        """Stop looking up owners."""
        self._jobs.clear()

    async def _run(self, tag: str) -> None:
        while self._jobs:
            jobs = list(islice(self._jobs, _CONCURRENCY))
            for job in jobs:
                del self._jobs[job]
            await asyncio.gather(*(self._look_up(job, tag) for job in jobs if self._queue.needs_owner(job)))
        self._is_running = False

    async def _look_up(self, job: str, tag: str) -> None:
        with suppress(ResonateError, TimeoutError):  # it waits for the turns of unknown owners
            promise = await self._sender.promise_get(job)
            self._queue.set_owner(job, promise.tags.get(tag, ""))
