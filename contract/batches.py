"""Batches: many jobs that a client sends, reads and cancels together."""

from enum import StrEnum
from typing import Annotated, Any, Final

from msgspec import Meta, field

from .api_value import ApiValue
from .job import JOB_ID, MAX_REQUESTER, REQUESTER, UPLOAD_ID, DocumentJob
from .object_keys import BATCHES

MAX_ITEMS: Final = 1_000
MAX_REQUEST_BYTES: Final = 4_000_000  # Lambda takes 6 MB, and the event has escapes and headers beside the body
MAX_MANIFEST_BYTES: Final = 10_000_000  # ten kilobytes an item; the trigger reads it as a whole
MAX_BATCH_ID: Final = 120  # the ids of its jobs are longer


class BatchRequest(ApiValue, frozen=True, kw_only=True):
    """What a client sends.

    The items have the fields of a job except the requester; `defaults` has the fields that an item lacks. A batch has
    either `items`, or the id of an upload with one item in each line.
    """

    items: Annotated[list[dict[str, Any]], Meta(max_length=MAX_ITEMS)] = field(default_factory=list)
    upload_id: Annotated[str, Meta(pattern=rf"^{UPLOAD_ID}\Z")] | None = None
    requester_id: Annotated[str, Meta(pattern=rf"^{REQUESTER}\Z", max_length=MAX_REQUESTER)]
    batch_id: Annotated[str, Meta(pattern=rf"^{JOB_ID}\Z", max_length=MAX_BATCH_ID)] | None = None
    defaults: dict[str, Any] = field(default_factory=dict)


class BatchJobs(ApiValue, frozen=True):
    """The jobs of a batch, as the object store holds them."""

    jobs: list[DocumentJob]


class BatchOrder(ApiValue, frozen=True, kw_only=True):
    """The argument of the workflows of a batch: where its jobs are listed."""

    batch_id: str
    key: str
    sha256: str
    size: int  # bytes
    count: int  # jobs


class BatchReceipt(ApiValue, frozen=True, kw_only=True):
    """The ids of the jobs that the batch did not create, because they existed already."""

    existing: list[str] = field(default_factory=list)  # ids of jobs with the same request
    refused: list[str] = field(default_factory=list)  # ids of jobs with another request


class BatchState(StrEnum):
    """The state of a batch."""

    SUBMITTING = "submitting"  # a worker creates its jobs
    PROCESSING = "processing"  # some jobs have not ended
    ENDED = "ended"
    CANCELING = "canceling"
    CANCELED = "canceled"  # jobs that had ended before stay as they were
    FAILED = "failed"  # its jobs cannot be read


class ItemState(StrEnum):
    """The states of an item beside those of a job."""

    SUBMITTING = "submitting"  # its job is not created yet
    REFUSED = "refused"  # another request has its jobId


class BatchAccepted(ApiValue, frozen=True):
    """202: the batch, or its cancellation, is recorded. A repeated request gets the present state."""

    batch_id: str
    state: BatchState
    total: int
    status_url: str


class Batch(ApiValue, frozen=True, kw_only=True):
    """200: a batch; `counts` are of its items by state, `jobs` is the path of their list."""

    batch_id: str
    state: BatchState
    requester_id: str
    created_at: str  # ISO 8601, UTC
    total: int
    counts: dict[str, int]
    jobs: str
    existing: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def batch_key(batch_id: str, digest: str) -> str:
    """Return the key of a batch's list of jobs.

    It has a digest, so a refused request cannot replace the list of another.
    """
    return f"{BATCHES}/{batch_id}/{digest}.json"


def item_id(batch_id: str, position: int) -> str:
    """Return the id of a job without one; positions are counted from 0, ids from 1."""
    return f"{batch_id}-{position + 1:04}"
