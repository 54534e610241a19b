"""A job as a resource of the HTTP API, and the answers of the routes about one job. Fields are only added."""

from dataclasses import dataclass
from typing import Annotated, Final

from msgspec import Meta, field

from .answers import JobFailure, JobState, Progress
from .api_value import ApiValue
from .job import JOB_ID, DocumentJob


class JobRequest(DocumentJob, frozen=True, kw_only=True):
    """What a client sends to create a job. Without an id, the API chooses one."""

    job_id: Annotated[str, Meta(pattern=rf"^{JOB_ID}\Z")] = ""


class JobLinks(ApiValue, frozen=True, kw_only=True):
    """The paths of a job. Paths that lead nowhere in its state are left out."""

    own: str = field(name="self")
    status: str
    why: str
    history: str
    events: str
    text: str | None = None
    document: str | None = None
    cancel: str | None = None
    result: str | None = None
    retry: str | None = None
    revoke: str | None = None
    erase: str | None = None  # with DELETE


class JobAccepted(ApiValue, frozen=True, kw_only=True):
    """202: the job is recorded. A repeated request gets the present state."""

    id: str
    state: JobState
    links: JobLinks


class Question(ApiValue, frozen=True, kw_only=True):
    """What a job asks a person. `decision` is the id of the question in the API."""

    decision: str
    reason: str
    message: str
    until: str  # ISO 8601, UTC


class ResultSummary(ApiValue, frozen=True, kw_only=True):
    """The short form of a result."""

    page_count: int
    summary: str
    cost_usd: float | None  # None: a price is unknown


class Job(ApiValue, frozen=True, kw_only=True):
    """200: a job. Times are ISO 8601 in UTC; `startedAt` is when a worker first ran it."""

    id: str
    state: JobState
    type: str
    requester_id: str
    created_at: str
    links: JobLinks
    started_at: str | None = None
    ended_at: str | None = None
    revoked_at: str | None = None  # when its result was revoked
    retry_of: str | None = None  # the first job of the chain of retries
    progress: Progress | None = None
    question: Question | None = None
    error: JobFailure | None = None
    result: ResultSummary | None = None


_ENDED_BADLY: Final = (JobState.FAILED, JobState.CANCELED)


@dataclass(frozen=True, kw_only=True)
class StoredFiles:
    """What a job has stored of its document. The text is there later than the document."""

    document: bool = False
    text: bool = False


NOTHING_STORED: Final = StoredFiles()
ALL_STORED: Final = StoredFiles(document=True, text=True)


def make_links(
    job_id: str, state: JobState, *, stored: StoredFiles = NOTHING_STORED, is_revoked: bool = False
) -> JobLinks:
    """Return the paths of a job in this state. A job that is done has stored everything."""
    path = f"/jobs/{job_id}"
    is_done, can_retry = state is JobState.DONE, state in _ENDED_BADLY
    is_valid = is_done and not is_revoked
    files = ALL_STORED if is_done else stored
    return JobLinks(
        own=path,
        status=f"/status/{job_id}",
        why=f"{path}/why",
        history=f"{path}/history",
        events=f"{path}/events",
        text=f"{path}/text" if files.text else None,
        document=f"{path}/document" if files.document else None,
        cancel=None if is_done or can_retry else f"{path}/cancel",
        result=f"{path}/result" if is_valid else None,
        retry=f"{path}/retry" if can_retry else None,
        revoke=f"{path}/revoke" if is_valid else None,
        erase=path if is_done or can_retry else None,
    )


class FileLink(ApiValue, frozen=True, kw_only=True):
    """303: where a client reads an object. The address is short-lived; on a laptop it is a path that stays."""

    url: str
    size: int  # bytes
    expires_at: str | None = None  # ISO 8601, UTC
