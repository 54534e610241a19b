"""How a job ended, and the notice of it. A notice has the address of the result, not the result itself."""

from enum import StrEnum

from .model import JobId, TypeName, Value


class Outcome(StrEnum):
    """How a job ended."""

    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"  # an operator canceled it
    TIMED_OUT = "timed_out"  # no worker finished it by its deadline


class NoticeContent(Value):
    """How a job ended, and where its result is or why it has none."""

    outcome: Outcome
    stored_at: str | None = None
    code: str | None = None
    message: str | None = None


class EndedJob(Value):
    """A job whose requester gets a notice once it has ended. How it ended is in its promise, and nowhere else."""

    job_id: JobId
    requester_id: str
    type: TypeName


class Notice(NoticeContent):
    """The notice that the requester gets. It may be delivered twice; then its key and content are the same."""

    key: str
    job_id: JobId
    requester_id: str
    type: TypeName
    at: str


class NoticeReceipt(Value):
    """The key of a notice that was sent, and the time in it."""

    key: str
    at: str
