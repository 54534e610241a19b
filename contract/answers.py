"""The answers of the HTTP API. Fields are only added: clients read these for years."""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ValidationError

from .codes import UNEXPECTED_CODE, public_message
from .model import Value
from .names import Step


def _drop_other_step(name: object) -> object:
    """Drop the name of a step that only estimates have."""
    return name if name in list(Step) else None


class JobState(StrEnum):
    """The state of a job, from its durable promise."""

    PROCESSING = "processing"
    WAITING = "waiting"  # for approval by an operator
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


class Accepted(Value):
    """202: the job is recorded. A repeated request gets the present state."""

    status: Literal["accepted"] = "accepted"
    job_id: str
    status_url: str
    message: str
    state: JobState


class PageCount(Value):
    """How many pages of a document a step has done."""

    done: int
    of: int


class Progress(Value):
    """The step that the worker started last; a hint, never the state of the job."""

    step: Step
    number: int  # from 1
    of: int
    attempt: int
    since: str  # ISO 8601, UTC
    pages: PageCount | None = None


class Processing(Value):
    """200: the job waits for a worker, or runs."""

    status: Literal[JobState.PROCESSING] = JobState.PROCESSING
    job_id: str
    progress: Progress | None = None


class Reason(StrEnum):
    """Why a job waits for approval."""

    COST = "cost"  # the rest would cost more than the request allows


class Waiting(Value):
    """200: the job resumes when an operator settles the promise, and fails if none does in time."""

    status: Literal[JobState.WAITING] = JobState.WAITING
    job_id: str
    reason: Reason
    message: str
    promise: str
    until: str  # ISO 8601, UTC
    progress: Progress | None = None


class Done(Value):
    """200: the job's result, as the workflow returned it."""

    status: Literal[JobState.DONE] = JobState.DONE
    job_id: str
    result: dict[str, Any]


class JobFailure(Value):
    """Why a job failed: the code for programs, the message for people."""

    code: str
    message: str
    step: Annotated[Step | None, BeforeValidator(_drop_other_step)] = None

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """Parse the JSON that the toolkit writes as the text of an error; any other text is an unexpected error."""
        try:
            failure = cls.model_validate_json(text or "")
        except ValidationError:
            failure = cls(code=UNEXPECTED_CODE, message="")
        return failure.model_copy(update={"message": public_message(failure.code, failure.message)})


class Failed(Value):
    """200: the job failed. The request for its status succeeded."""

    status: Literal[JobState.FAILED] = JobState.FAILED
    job_id: str
    error: JobFailure


class Canceled(Value):
    """200: an operator stopped the job."""

    status: Literal[JobState.CANCELED] = JobState.CANCELED
    job_id: str


class DryRun(Value):
    """200: an estimate of what the job would take. No job was started."""

    status: Literal["dry_run"] = "dry_run"
    job_id: str
    estimate: dict[str, Any]


class NotFound(Value):
    """404: no job has this id, or its history was deleted."""

    status: Literal["not_found"] = "not_found"
    job_id: str


type StatusAnswer = Processing | Waiting | Done | Failed | Canceled


class Problem(Value):
    """Any other 4xx and 5xx: the code for programs, the sentence for people."""

    error: str
    code: str
