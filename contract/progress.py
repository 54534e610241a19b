"""The journal as it lies in the object store: one small object for each delivery of a job to a worker.

The highest fence is the newest delivery: a worker that lost its job writes to an object that nobody reads any more.
Batches of pages are read anywhere and each only once, so each has an object of its own: its name says all.
"""

import re
from typing import Final

from .answers import PageCount, Reason
from .model import Value
from .names import Step, job_prefix

_BATCH: Final = re.compile(r"/journal/batches/\d+-(\d+)$")


class Wait(Value):
    """What a job waits for, and until when (seconds since 1970)."""

    reason: Reason
    message: str
    promise: str
    until: float


class Mark(Value):
    """The last thing that a delivery told of itself."""

    step: Step
    attempt: int
    at: float  # seconds since 1970
    pages: PageCount | None = None
    wait: Wait | None = None


def marks_prefix(job_id: str) -> str:
    """Where a job's marks lie."""
    return f"{job_prefix(job_id)}/journal/"


def mark_key(job_id: str, fence: int) -> str:
    """Where one delivery writes: names in the order of fences are in the order of time."""
    return f"{marks_prefix(job_id)}{fence:010}.json"


def batch_key(job_id: str, first: int, count: int) -> str:
    """Where it is noted that a batch of so many pages was read; the first of them tells it from the others."""
    return f"{marks_prefix(job_id)}batches/{first:05}-{count}"


def pages_noted(key: str) -> int | None:
    """How many pages an object of the journal notes as read; None if it is a mark."""
    found = _BATCH.search(key)
    return int(found[1]) if found else None
