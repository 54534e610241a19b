"""Write the progress of jobs into the object store: one small object for each delivery of a job to a worker.

A worker that lost a job writes to an object of its own, which is no longer read. Only the latest progress matters:
queued progress is replaced by newer, and dropped if it cannot be written. It stays queued for a moment, so that the
short steps of a job cost one write together. A wait is written before the job waits, so that the approver sees it. Each
batch read is an empty object with the batch in its name; the reader adds them up.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from copy import replace
from typing import Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from contract.answers import PageCount
from contract.names import PROMISE_PREFIX, Step
from contract.progress import DeliveryProgress, Wait, batch_key, progress_key
from durable import StepEvent, StepEventKind, current_run, log_event

from .object_store import store_errors

_LOG: Final = logging.getLogger(__name__)
_STEPS: Final = frozenset(Step)
_DELAY_SECONDS: Final = 0.2  # clients poll more rarely


class ProgressWriter:
    """Writes progress; its methods are called on the event loop."""

    def __init__(
        self, objects: ObjectStore, *, clock: Callable[[], float] = time.time, delay: float = _DELAY_SECONDS
    ) -> None:
        self._objects: Final = objects
        self._delay: Final = delay
        self._clock: Final = clock
        self._latest: Final[dict[str, tuple[str, DeliveryProgress]]] = {}  # by job: the key and its progress
        self._queue: Final[dict[str, bytes]] = {}
        self._being_written: Final[dict[str, asyncio.Event]] = {}
        self._writing: asyncio.Task[None] | None = None

    def note_step(self, event: StepEvent) -> None:
        """Note an attempt of a step that started; its end only means that its pages no longer count."""
        if event.step not in _STEPS or not event.promise_id.startswith(PROMISE_PREFIX):
            return
        job_id = event.promise_id.removeprefix(PROMISE_PREFIX)
        if event.kind != StepEventKind.STARTED:
            self._latest.pop(job_id, None)
            return
        key = progress_key(job_id, event.fence or 0)
        self._note(job_id, key, DeliveryProgress(step=Step(event.step), attempt=event.attempt, at=event.at))

    def report_pages(self, job_id: str, done: int, total: int) -> None:
        """Note how many pages the running step has read."""
        if job_id in self._latest:
            key, progress = self._latest[job_id]
            self._note(job_id, key, replace(progress, pages=PageCount(done=done, of=total)))

    def report_batch(self, job_id: str, first: int, count: int) -> None:
        """Note that a batch of pages was read."""
        self._put(batch_key(job_id, first, count), b"")

    async def report_wait(self, job_id: str, step: Step, wait: Wait) -> None:
        """Write what the job waits for before this step; return once it is written.

        Queued progress of the same delivery is older and is dropped; a write that runs is awaited first.
        """
        key = progress_key(job_id, current_run().fence or 0)
        self._queue.pop(key, None)
        if key in self._being_written:
            await self._being_written[key].wait()
        progress = DeliveryProgress(step=step, attempt=1, at=self._clock(), wait=wait)
        with store_errors():
            await obstore.put_async(self._objects, key, progress.to_json())

    def _note(self, job_id: str, key: str, progress: DeliveryProgress) -> None:
        self._latest[job_id] = key, progress
        self._put(key, progress.to_json())

    def _put(self, key: str, content: bytes) -> None:
        self._queue[key] = content
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self._queue:
            await asyncio.sleep(self._delay)
            for key in list(self._queue):  # the oldest first: newer ones may come faster than they are written
                if key in self._queue:
                    await self._write_one(key, self._queue.pop(key))

    async def _write_one(self, key: str, content: bytes) -> None:
        written = self._being_written[key] = asyncio.Event()
        try:
            await obstore.put_async(self._objects, key, content)
        except (BaseError, OSError) as error:
            log_event(_LOG, logging.WARNING, "progress could not be written", {"key": key}, error)
        finally:
            del self._being_written[key]
            written.set()
