"""What the HTTP API answers. Keys are only ever added: clients read these for years."""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ValidationError

from .codes import UNEXPECTED, public_message
from .model import Value
from .names import Step


def _known_step(name: object) -> object:
    """Drop the name of a step that is none of the workflow's: an estimate has others."""
    return name if name in list(Step) else None


class JobState(StrEnum):
    """Where a job is, as its durable promise says."""

    PROCESSING = "processing"
    WAITING = "waiting"  # for somebody's decision
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


class Accepted(Value):
    """202: the job is recorded. It is answered to a repeated request too, hence the state."""

    status: Literal["accepted"] = "accepted"
    job_id: str
    status_url: str
    message: str
    state: JobState


class PageCount(Value):
    """How far a step is through the pages of a document."""

    done: int
    of: int


class Progress(Value):
    """What the worker is at, as its journal tells; a hint, never the truth about the job."""

    step: Step
    number: int  # from 1
    of: int
    attempt: int
    since: str  # ISO 8601, UTC
    pages: PageCount | None = None


class Processing(Value):
    """200: the job waits or runs."""

    status: Literal[JobState.PROCESSING] = JobState.PROCESSING
    job_id: str
    progress: Progress | None = None


class Reason(StrEnum):
    """Why a job waits for somebody."""

    COST = "cost"  # going on would cost more than the request allows


class Waiting(Value):
    """200: the job goes on when somebody settles the promise, and fails when nobody does in time."""

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
    step: Annotated[Step | None, BeforeValidator(_known_step)] = None

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """Parse the JSON that the toolkit writes as the text of an error; any other text is an unexpected error."""
        try:
            failure = cls.model_validate_json(text or "")
        except ValidationError:
            failure = cls(code=UNEXPECTED, message="")
        return failure.model_copy(update={"message": public_message(failure.code, failure.message)})


class Failed(Value):
    """200: failing is a state of a job, not of the request for it."""

    status: Literal[JobState.FAILED] = JobState.FAILED
    job_id: str
    error: JobFailure


class Canceled(Value):
    """200: somebody stopped the job."""

    status: Literal[JobState.CANCELED] = JobState.CANCELED
    job_id: str


class DryRun(Value):
    """200: what the job would take. No job was started."""

    status: Literal["dry_run"] = "dry_run"
    job_id: str
    estimate: dict[str, Any]


class NotFound(Value):
    """404: no such job was ever accepted."""

    status: Literal["not_found"] = "not_found"
    job_id: str


type StatusAnswer = Processing | Waiting | Done | Failed | Canceled


class Problem(Value):
    """Any other 4xx and 5xx: a sentence for people and a code for programs."""

    error: str
    code: str
