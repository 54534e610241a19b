"""How a job ended, and the notice of it. The result is not in a notice, but where it is."""

from enum import StrEnum

from .job import JobId, TypeName
from .model import Value


class Outcome(StrEnum):
    """How a job ended."""

    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"  # somebody stopped it
    TIMED_OUT = "timed_out"  # nobody ran it by its deadline


class Ending(Value):
    """How a job ended, and where the result is or why there is none."""

    outcome: Outcome
    stored_at: str | None = None
    code: str | None = None
    message: str | None = None


class Ended(Value):
    """A job that ended without its workflow, as its tags tell of it."""

    job_id: JobId
    requester_id: str
    type: TypeName
    outcome: Outcome


class Notice(Ending):
    """What whoever asked for the job is told. It may come twice; then its key, and all else in it, is the same."""

    key: str
    job_id: JobId
    requester_id: str
    type: TypeName
    at: str


class Notified(Value):
    """That the notice was sent, and the time in it."""

    key: str
    notified_at: str
