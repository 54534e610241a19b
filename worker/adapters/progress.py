"""Keeps a job's journal in the object store: one small object a delivery, which says what the worker is at.

A worker that lost the job writes to an object of its own that nobody reads any more. Only the latest mark matters, so
marks that come faster than the store takes them replace each other; one that cannot be written is let go. Only what
a job waits for is written before it waits: whoever is to settle it must be able to know.
Batches of pages are noted beside them, each in the name of an empty object: whoever looks adds them up.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from contract.answers import PageCount
from contract.names import PROMISE_PREFIX, Step
from contract.progress import DeliveryProgress, Wait, batch_key, progress_key
from durable import StepEvent, StepEventKind, current_run, log_event

from .object_store import told

_LOG: Final = logging.getLogger(__name__)
_STEPS: Final = frozenset(Step)


class ProgressWriter:
    """The journal port, called on the event loop."""

    def __init__(self, objects: ObjectStore, *, clock: Callable[[], float] = time.time) -> None:
        self._objects: Final = objects
        self._clock: Final = clock
        self._at: Final[
            dict[str, tuple[str, DeliveryProgress]]
        ] = {}  # by job: what it is at, and where that is written
        self._waiting: Final[dict[str, bytes]] = {}
        self._under_way: Final[dict[str, asyncio.Event]] = {}
        self._writing: asyncio.Task[None] | None = None

    def note_step(self, entry: StepEvent) -> None:
        """Note that an attempt of a step has started; its end only means that its pages no longer count."""
        if entry.step not in _STEPS or not entry.promise_id.startswith(PROMISE_PREFIX):
            return
        job_id = entry.promise_id.removeprefix(PROMISE_PREFIX)
        if entry.kind != StepEventKind.STARTED:
            self._at.pop(job_id, None)
            return
        key = progress_key(job_id, entry.fence or 0)
        self._note(job_id, key, DeliveryProgress(step=Step(entry.step), attempt=entry.attempt, at=entry.at))

    def report_pages(self, job_id: str, done: int, total: int) -> None:
        """Note how far the step that runs is through the pages."""
        if job_id in self._at:
            key, mark = self._at[job_id]
            self._note(job_id, key, mark.model_copy(update={"pages": PageCount(done=done, of=total)}))

    def report_batch(self, job_id: str, first: int, count: int) -> None:
        """Note that so many pages of a document were read here, from this one on."""
        self._put(batch_key(job_id, first, count), b"")

    async def report_wait(self, job_id: str, step: Step, wait: Wait) -> None:
        """Note that before this step the job waits for somebody; back only once that is written, or it is not known.

        What is still to be written of the same delivery is older: it is let go, and what is being written goes first.
        """
        key = progress_key(job_id, current_run().fence or 0)
        self._waiting.pop(key, None)
        if key in self._under_way:
            await self._under_way[key].wait()
        mark = DeliveryProgress(step=step, attempt=1, at=self._clock(), wait=wait)
        with told():
            await obstore.put_async(self._objects, key, mark.model_dump_json().encode())

    def _note(self, job_id: str, key: str, mark: DeliveryProgress) -> None:
        self._at[job_id] = key, mark
        self._put(key, mark.model_dump_json().encode())

    def _put(self, key: str, content: bytes) -> None:
        self._waiting[key] = content
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self._waiting:
            key = next(iter(self._waiting))  # the oldest: others may come faster than they are written
            content, written = self._waiting.pop(key), asyncio.Event()
            self._under_way[key] = written
            try:
                await obstore.put_async(self._objects, key, content)
            except (BaseError, OSError) as error:
                log_event(_LOG, logging.WARNING, "the journal could not be written", {"key": key}, error)
            finally:
                del self._under_way[key]
                written.set()
