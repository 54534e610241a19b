"""The answers of the HTTP API. Fields are only added: clients read these for years."""

from enum import StrEnum
from typing import Any, Final, Self

from msgspec import field

from .api_value import ApiValue
from .codes import UNEXPECTED_CODE, Code, public_message
from .names import Step


class JobState(StrEnum):
    """The state of a job, from its durable promise."""

    PROCESSING = "processing"
    WAITING = "waiting"  # for a decision
    NEEDS_REVIEW = "needsReview"  # waits for a person to check its result; GET /status says waiting
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


STATES: Final = {  # states of a job, by the state of its promise
    "pending": JobState.PROCESSING,
    "resolved": JobState.DONE,
    "rejected": JobState.FAILED,
    "rejected_timedout": JobState.FAILED,
    "rejected_canceled": JobState.CANCELED,
}


class Answer(ApiValue, frozen=True, tag_field="status"):
    """An answer whose kind is in its `status`."""

    @property
    def status(self) -> str:
        """The first field of the JSON."""
        return str(self.__struct_config__.tag)


class Accepted(Answer, frozen=True, tag="accepted"):
    """202: the job is recorded. A repeated request gets the present state."""

    job_id: str
    status_url: str
    message: str
    state: JobState


class PageCount(ApiValue, frozen=True):
    """How many pages of a document a step has done."""

    done: int
    of: int


class Progress(ApiValue, frozen=True):
    """The step that the worker started last; a hint, never the state of the job."""

    step: Step
    number: int  # from 1
    of: int
    attempt: int
    since: str  # ISO 8601, UTC
    pages: PageCount | None = None


class Processing(Answer, frozen=True, tag=JobState.PROCESSING.value):
    """200: the job waits for a worker, or runs."""

    job_id: str
    progress: Progress | None = None


class Reason(StrEnum):
    """Why a job waits for a decision."""

    COST = "cost"  # the rest would cost more than the request allows
    REVIEW = "review"  # the request has a person review the findings


class Waiting(Answer, frozen=True, tag=JobState.WAITING.value):
    """200: the job resumes with a decision about the promise, and fails if none comes in time."""

    job_id: str
    reason: Reason
    message: str
    promise: str
    until: str  # ISO 8601, UTC
    progress: Progress | None = None
    decision: str | None = None  # the id of the question in the API
    findings: tuple[dict[str, Any], ...] = ()  # to review, each with its evidence
    fields: tuple[dict[str, Any], ...] = ()  # the fields of the document's type, which corrections must fit


class Done(Answer, frozen=True, tag=JobState.DONE.value):
    """200: the job's result, as the workflow returned it."""

    job_id: str
    result: dict[str, Any]
    revoked_at: str | None = None  # ISO 8601, UTC: the result was revoked, and must not be used


class JobFailure(ApiValue, frozen=True):
    """Why a job failed: the code for programs, the message for people."""

    code: str
    message: str
    step: str | None = None

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """Parse the JSON that the toolkit writes as the text of an error; any other text is an unexpected error."""
        try:
            error = _WorkerError.from_json(text or "")
        except ValueError:
            error = _WorkerError(code=UNEXPECTED_CODE, message="")
        step = Step(error.step) if error.step in list(Step) else None  # steps of estimates are not shown
        return cls(code=error.code, message=public_message(error.code, error.message), step=step)

    @classmethod
    def by_deadline(cls) -> Self:
        """Return the failure of a job that no worker has finished."""
        return cls(code=Code.DEADLINE, message="the job was not done by its deadline")


class _WorkerError(ApiValue, frozen=True):
    """The error of any workflow; its step may be outside `Step`."""

    code: str
    message: str
    step: Any = None


class Failed(Answer, frozen=True, tag=JobState.FAILED.value):
    """200: the job failed. The request for its status succeeded."""

    job_id: str
    error: JobFailure


class Canceled(Answer, frozen=True, tag=JobState.CANCELED.value):
    """200: the job was stopped, and has no result."""

    job_id: str


class Decided(Answer, frozen=True, tag="decided"):
    """200: the job continues, or fails with the code of what was rejected."""

    job_id: str
    promise: str
    approve: bool
    decision: str | None = None  # the id of the question in the API
    reason: Reason | None = None
    at: str | None = None
    reviewer: str | None = None


class DecisionState(StrEnum):
    """Whether a question was answered, and how."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"  # without an answer
    CANCELED = "canceled"


class DecisionDetails(ApiValue, frozen=True):
    """200: a question that a job waits for, or waited for. Times are ISO 8601 in UTC."""

    id: str
    job_id: str
    reason: Reason
    state: DecisionState
    since: str
    until: str
    message: str | None = None  # while it is open, if the job's progress can be read
    findings: tuple[dict[str, Any], ...] = ()
    fields: tuple[dict[str, Any], ...] = ()  # the fields of the document's type, which corrections must fit
    at: str | None = None  # when it was answered
    reviewer: str | None = None
    comment: str | None = None
    max_cost_usd: float | None = None
    corrections: dict[str, Any] = field(default_factory=dict)


class JobExplanation(ApiValue, frozen=True):
    """200: why a job is where it is, in a sentence and as fields."""

    job_id: str
    state: JobState
    explanation: str
    waits: tuple[dict[str, Any], ...]
    error: JobFailure | None = None


class JobHistory(ApiValue, frozen=True):
    """200: what a job has called so far. Times are in seconds since 1970."""

    job_id: str
    state: JobState
    created_at: float
    operations: tuple[dict[str, Any], ...]
    settled_at: float | None = None
    worker: str | None = None  # the worker that holds the job's task now
    cost_usd: float | None = None  # the cost of ended steps; None: a price is unknown
    limit_usd: float | None = None  # from the request, or raised by a person


class DryRun(Answer, frozen=True, tag="dry_run"):
    """200: an estimate of what the job would take. No job was started."""

    job_id: str
    estimate: dict[str, Any]


class NotFound(Answer, frozen=True, tag="not_found"):
    """404: no job has this id, or its history was deleted."""

    job_id: str


type StatusAnswer = Processing | Waiting | Done | Failed | Canceled


class Problem(ApiValue, frozen=True):
    """Any other 4xx and 5xx, also as RFC 9457 has it: the code is for programs, the sentence for people."""

    error: str
    code: str
    title: str  # the phrase of the HTTP status
    status: int
    detail: str  # the sentence again
    state: JobState | None = None  # the job's state, if the state does not allow the request
