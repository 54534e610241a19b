"""Finds the question that a decision answers, by the server's records alone, and reads how it was answered.

A question is a promise of a job that a workflow made for a person: its records name it so. No request can settle a
step, a part, or the promise of another workflow. A question of another requester's job does not exist for a caller.
"""

from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from contract.answers import DecisionState, Reason
from contract.api_value import ApiValue
from contract.decision import QUESTIONS, Corrections, is_decision_id
from contract.names import decision_id, job_of, question_id
from contract.times import format_ms
from durable.wire.errors import NotFound
from durable.wire.records import Promise, error_text
from durable.wire.requests import NAME_TAG

from .errors import JobNotFoundError
from .gateway import Request
from .job_access import find_job
from .ports import Ports
from .problems import decision_not_found
from .status import decode_value

EXTERNAL_TAG: Final = "resonate:external"  # the tag of a promise that no worker settles
_STATES: Final = {
    "pending": DecisionState.OPEN,
    "resolved": DecisionState.APPROVED,
    "rejected": DecisionState.REJECTED,
    "rejected_timedout": DecisionState.EXPIRED,
    "rejected_canceled": DecisionState.CANCELED,
}


class RecordedAnswer(ApiValue, frozen=True):
    """What a question's promise keeps of a decision beside its state. All of it is absent if a person wrote it."""

    max_cost_usd: float | None = None
    corrections: Corrections | None = None
    reviewer: str | None = None
    comment: str | None = None


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question, and the promise of its job."""

    promise: Promise
    job: Promise
    reason: Reason

    @property
    def id(self) -> str:
        """The id in the API."""
        return decision_id(self.promise.id)

    @property
    def job_id(self) -> str:
        """The job that waits for it."""
        return job_of(self.id)

    @property
    def state(self) -> DecisionState:
        """Whether and how it was answered."""
        return _STATES[self.promise.state]

    @property
    def settled_at(self) -> str | None:
        """When it was answered, or its time was over."""
        return None if self.promise.settled_at is None else format_ms(self.promise.settled_at)

    @property
    def answer(self) -> RecordedAnswer:
        """How it was answered."""
        return _read_answer(self.promise)


def find_question(ports: Ports, request: Request, decision: str) -> Question:
    """Return a question of a job that the caller may reach. Raises ProblemError."""
    ports.log.append_keys(decision=decision)
    if is_decision_id(decision):
        with suppress(NotFound, JobNotFoundError):
            job = find_job(ports, request, job_of(decision))
            promise = ports.server.get(question_id(decision))
            if reason := find_reason(promise):
                return Question(promise=promise, job=job, reason=reason)
    raise decision_not_found(decision)


def find_reason(promise: Promise) -> Reason | None:
    """Return the subject of a question, or None for a promise that is not a question."""
    if promise.tags.get(EXTERNAL_TAG) != "true":
        return None
    return QUESTIONS.get(promise.tags.get(NAME_TAG, ""))


def _read_answer(promise: Promise) -> RecordedAnswer:
    """Read the answer; any program with a token may have written it."""
    with suppress(ValueError):
        if promise.state == "rejected":
            return RecordedAnswer.from_json(error_text(decode_value(promise.value)) or "{}")
        return RecordedAnswer.from_json(b64decode(promise.value.data or "", validate=True) or b"{}")
    return RecordedAnswer()
