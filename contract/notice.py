"""Notices that a job has ended or waits, and the events that the client's receiver gets.

They have the address of the result, but neither the result itself nor any part of the document.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, Literal, Self

from pydantic import Field, JsonValue

from .answers import Reason
from .delivery_log import EventName, event_type
from .model import JobId, TypeName, Value

_SPECIFICATION: Final = "1.0"  # the version of CloudEvents
SOURCE: Final = "urn:longhand:jobs"
EVENT_MEDIA_TYPE: Final = "application/cloudevents+json"


class Outcome(StrEnum):
    """How a job ended."""

    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"  # an operator canceled it
    TIMED_OUT = "timed_out"  # no worker finished it by its deadline
    REVOKED = "revoked"  # it was done, and its result was revoked


class NoticeContent(Value):
    """How a job ended, and where its result is or why it has none."""

    outcome: Outcome
    stored_at: str | None = None
    code: str | None = None
    message: str | None = None


class EndedJob(Value):
    """A job whose requester gets a notice once it has ended. Only its promise says how it ended."""

    job_id: JobId
    requester_id: str
    type: TypeName
    receiver: str | None = Field(default=None, exclude_if=lambda it: it is None)  # the host of its callbackUrl


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


class Stage(StrEnum):
    """The position of a notice among the notices of one wait."""

    ASKED = "asked"  # the wait has begun
    REMINDER = "reminder"
    ESCALATION = "escalation"  # the last one before the time is over


class WaitingJob(Value):
    """A job that waits for a person, and the question that it asks."""

    job_id: JobId
    promise: str
    reason: Reason
    message: str
    at: float  # seconds since 1970
    until: float
    stage: Stage = Stage.ASKED
    number: int = 0  # the number among the notices of this question, from 0


class WaitNotice(Value):
    """The notice that a job waits. It may be delivered twice; then its key and content are the same."""

    outcome: Literal["waiting"] = "waiting"  # the job has not ended; subscriptions filter by this field
    stage: Stage
    key: str
    job_id: JobId
    requester_id: str
    type: TypeName
    at: str
    reason: Reason
    message: str
    decision: str  # the id of the question in the API
    promise: str
    until: str
    link: str | None = None  # to a page with the question; its holder may decide


type AnyNotice = Notice | WaitNotice


_NAMES: Final[Mapping[str, EventName]] = {  # by the outcome of a notice
    Outcome.DONE: EventName.DONE,
    Outcome.FAILED: EventName.FAILED,
    Outcome.CANCELED: EventName.CANCELED,
    Outcome.TIMED_OUT: EventName.FAILED,
    Outcome.REVOKED: EventName.REVOKED,
    "waiting": EventName.WAITING,
}


class JobEvent(Value):
    """An event of a job. It may be delivered several times; then its key and content are the same."""

    key: str  # the job's id, a dot, then letters, digits and dashes: unique for each event, and safe in a path
    name: EventName
    job_id: JobId
    at: str
    data: dict[str, JsonValue]

    @classmethod
    def of_notice(cls, notice: AnyNotice) -> Self:
        """Return the event for a notice."""
        data: dict[str, Any] = notice.model_dump(mode="json", exclude_none=True)
        name = _NAMES[notice.outcome]
        return cls(key=notice.key, name=name, job_id=notice.job_id, at=notice.at, data=data)

    @property
    def type(self) -> str:
        """The type of the CloudEvent."""
        return event_type(self.name)

    def to_cloud_event(self) -> dict[str, JsonValue]:
        """Return it as CloudEvents has it in JSON."""
        return {
            "specversion": _SPECIFICATION,
            "id": self.key,
            "source": SOURCE,
            "type": self.type,
            "subject": self.job_id,
            "time": self.at,
            "datacontenttype": "application/json",
            "data": dict(self.data),
        }
