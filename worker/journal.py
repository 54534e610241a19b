"""Keeps a job's journal in the object store: one small object a delivery, which says what the worker is at.

A worker that lost the job writes to an object of its own that nobody reads any more. Only the latest mark matters, so
marks that come faster than the store takes them replace each other; one that cannot be written is let go.
"""

import asyncio
import logging
from typing import Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from contract.names import PREFIX, Step
from contract.progress import Mark, mark_key
from durable.journal import Entry, Event
from durable.logs import say

_LOG: Final = logging.getLogger(__name__)
_STEPS: Final = frozenset(Step)


class StoredJournal:
    """The journal port, called on the event loop."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects: Final = objects
        self._waiting: Final[dict[str, Mark]] = {}
        self._writing: asyncio.Task[None] | None = None

    def __call__(self, entry: Entry) -> None:
        """Note that an attempt of a step has started; nothing else changes what a job is at."""
        if entry.event != Event.STARTED or entry.step not in _STEPS:
            return
        key = mark_key(entry.job.removeprefix(PREFIX), entry.fence or 0)
        self._waiting[key] = Mark(step=Step(entry.step), attempt=entry.attempt, at=entry.at)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self._waiting:
            key, mark = self._waiting.popitem()
            try:
                await obstore.put_async(self._objects, key, mark.model_dump_json().encode())
            except (BaseError, OSError) as error:
                say(_LOG, logging.WARNING, "the journal could not be written", {"key": key}, error)
