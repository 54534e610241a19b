"""Write the progress and the events of jobs into the object store: one small object for each delivery of a job.

A worker that lost a job writes to an object of its own, which clients no longer read. Only the latest progress matters:
a queued record is written in its latest state, and dropped if the write fails. It stays queued for a moment, so that
the short steps of a job share one write. A wait is written before the job waits, so that the approver sees it. Each
batch read is an empty object with the batch in its name; the reader adds them up.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from contract.names import PROMISE_PREFIX, Step
from contract.progress import Wait, batch_key
from durable import StepEvent, StepEventKind, current_run, log_event

from .delivery_record import DeliveryRecord, DeliveryRecords
from .object_store import store_errors

_LOG: Final = logging.getLogger(__name__)
_STEPS: Final = frozenset(Step)
_DELAY_SECONDS: Final = 0.2  # clients poll more rarely
_RARE_ENDINGS: Final = (StepEventKind.RETRYING, StepEventKind.FAILED)


class ProgressWriter:
    """Writes progress; its methods are called on the event loop."""

    def __init__(
        self, objects: ObjectStore, *, clock: Callable[[], float] = time.time, delay: float = _DELAY_SECONDS
    ) -> None:
        self._objects: Final = objects
        self._delay: Final = delay
        self._clock: Final = clock
        self._records: Final = DeliveryRecords()
        self._running: Final[dict[str, DeliveryRecord]] = {}  # by job, while a step of it runs
        self._queue: Final[dict[str, DeliveryRecord | None]] = {}  # by key; None for an empty object
        self._being_written: Final[dict[str, asyncio.Event]] = {}
        self._writing: asyncio.Task[None] | None = None

    def note_step(self, event: StepEvent) -> None:
        """Note an attempt of a step that started or ended. Most ends are written with the next start."""
        if event.step not in _STEPS or not event.promise_id.startswith(PROMISE_PREFIX):
            return
        job_id = event.promise_id.removeprefix(PROMISE_PREFIX)
        record = self._find_record(job_id, event.fence or 0)
        if event.kind == StepEventKind.STARTED:
            self._running[job_id] = record
            record.start_step(event)
            self._put(record.key, record)
            return
        self._running.pop(job_id, None)
        record.finish_step(event)
        if event.kind in _RARE_ENDINGS:
            self._put(record.key, record)

    def report_pages(self, job_id: str, done: int, total: int) -> None:
        """Note how many pages the running step has read."""
        if record := self._running.get(job_id):
            record.count_pages(done, total, self._clock())
            self._put(record.key, record)

    def report_message(self, job_id: str, text: str) -> None:
        """Note what the running step says."""
        if record := self._running.get(job_id):
            record.add_text(text, self._clock())
            self._put(record.key, record)

    def report_text(self, job_id: str, text: str, answer: int) -> None:
        """Note a piece of what a model answers."""
        if (record := self._running.get(job_id)) and record.add_model_text(text, answer, self._clock()):
            self._put(record.key, record)

    def report_batch(self, job_id: str, first: int, count: int) -> None:
        """Note that a batch of pages was read."""
        self._put(batch_key(job_id, first, count), None)

    async def report_wait(self, job_id: str, step: Step, wait: Wait) -> None:
        """Write what the job waits for before this step; return once it is written.

        Queued progress of the same delivery is older and is dropped; a running write is awaited first.
        """
        record = self._find_record(job_id, current_run().fence or 0)
        record.add_wait(step, wait, self._clock())
        self._queue.pop(record.key, None)
        if record.key in self._being_written:
            await self._being_written[record.key].wait()
        with store_errors():
            await obstore.put_async(self._objects, record.key, record.take_content())

    def _find_record(self, job_id: str, fence: int) -> DeliveryRecord:
        return self._records.find(job_id, fence, lambda: {*self._running.values(), *self._queue.values()})

    def _put(self, key: str, record: DeliveryRecord | None) -> None:
        self._queue[key] = record
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self._queue:
            await asyncio.sleep(self._delay)
            for key in list(self._queue):  # the oldest first: newer ones may come faster than they are written
                if key in self._queue:
                    await self._write_one(key, self._queue.pop(key))

    async def _write_one(self, key: str, record: DeliveryRecord | None) -> None:
        written = self._being_written[key] = asyncio.Event()
        try:
            if record and (segment := record.cut_segment()):
                await obstore.put_async(self._objects, *segment)
            await obstore.put_async(self._objects, key, record.take_content() if record else b"")
        except (BaseError, OSError) as error:
            log_event(_LOG, logging.WARNING, "progress could not be written", {"key": key}, error)
        finally:
            del self._being_written[key]
            written.set()
