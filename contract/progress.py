"""The progress of a job in the object store: one small object for each delivery of the job to a worker.

Readers use the object with the highest fence, which is the newest delivery's, and so ignore a worker that lost its job.
Any worker may read a batch of pages. Each finished batch has an empty object, whose key has the number of pages.
"""

import re
from typing import Any, Final

from .answers import PageCount, Reason
from .api_value import ApiValue
from .names import Step
from .object_keys import job_prefix

_DELIVERY_KEY: Final = re.compile(r"/progress/(\d+)\.json$")
_BATCH_KEY: Final = re.compile(r"/progress/batches/\d+-(\d+)$")


class Wait(ApiValue, frozen=True):
    """The approval that a job waits for, and its deadline in seconds since 1970."""

    reason: Reason
    message: str
    promise: str
    until: float
    findings: tuple[dict[str, Any], ...] = ()  # to review
    fields: tuple[dict[str, Any], ...] = ()  # the fields of the document's type, which corrections must fit


class DeliveryProgress(ApiValue, frozen=True):
    """The step that one delivery of a job started last, and its pages."""

    step: Step
    attempt: int
    at: float  # seconds since 1970
    pages: PageCount | None = None
    wait: Wait | None = None


def progress_prefix(job_id: str) -> str:
    """Return the prefix of the objects that hold a job's progress."""
    return f"{job_prefix(job_id)}/progress/"


def progress_key(job_id: str, fence: int) -> str:
    """Return the key that one delivery writes to. Sorted keys are in the order of time."""
    return f"{progress_prefix(job_id)}{fence:010}.json"


def parse_progress_key(key: str) -> int | None:
    """Return the fence of the delivery that writes to this key; None for another key."""
    match = _DELIVERY_KEY.search(key)
    return int(match[1]) if match else None


def batch_key(job_id: str, first: int, count: int) -> str:
    """Return the key of the object that records a batch of pages as read; `first` is its first page."""
    return f"{progress_prefix(job_id)}batches/{first:05}-{count}"


def parse_batch_key(key: str) -> int | None:
    """Return how many pages a batch's key records as read; None for another key."""
    match = _BATCH_KEY.search(key)
    return int(match[1]) if match else None
