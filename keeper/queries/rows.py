"""Rows of the queries, and the values that they become."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

from contract.answers import STATES, JobState, Reason
from contract.decision import QUESTIONS
from contract.job_lists import JobSummary, OpenDecision, OpenQuestion
from contract.keeper import Position
from contract.names import PROMISE_PREFIX
from contract.times import format_ms

_UNKNOWN: Final = ""  # for a job without a tag, which the API never makes


class Question(NamedTuple):
    """A question: its promise, when it was made, its deadline, and its name."""

    id: str
    created_at: int
    timeout_at: int
    name: str | None

    @property
    def reason(self) -> Reason | None:
        """Why it is asked, if it is a question of the document workflow."""
        return QUESTIONS.get(self.name or "")

    @property
    def state(self) -> JobState:
        """The state of a job that waits for it."""
        return JobState.NEEDS_REVIEW if self.reason is Reason.REVIEW else JobState.WAITING

    def describe(self) -> OpenQuestion:
        """Return it as the API shows it."""
        return OpenQuestion(
            decision=self.id.removeprefix(PROMISE_PREFIX),
            reason=self.reason,
            since=format_ms(self.created_at),
            until=format_ms(self.timeout_at),
        )


@dataclass(frozen=True, kw_only=True)
class WalkedRow:
    """A row of a walk: its place, and the job at it."""

    place: Position
    fits: bool
    id: str
    state: str
    created_at: int
    settled_at: int | None
    type: str
    requester_id: str
    batch: str | None
    question: Question | None  # in a walk along questions

    @classmethod
    def read(cls, row: Sequence[Any]) -> Self:
        """Read the columns of a walk's statement."""
        at, place, fits, job, state, created_at, settled_at, type_, requester, batch, until, name = row
        return cls(
            place=Position(created_at=at, id=place),
            fits=bool(fits),
            id=job,
            state=state,
            created_at=created_at,
            settled_at=settled_at,
            type=type_ or _UNKNOWN,
            requester_id=requester or _UNKNOWN,
            batch=batch,
            question=None if until is None else Question(place, at, until, name),
        )

    def summarize(self, questions: Sequence[Question]) -> JobSummary:
        """Return the job. It waits for its newest open question; a review goes before others."""
        question = max(questions, key=lambda one: one.reason is Reason.REVIEW, default=None)
        return JobSummary(
            id=self.id.removeprefix(PROMISE_PREFIX),
            state=question.state if question else STATES[self.state],
            type=self.type,
            requester_id=self.requester_id,
            created_at=format_ms(self.created_at),
            ended_at=None if self.settled_at is None else format_ms(self.settled_at),
            batch=self.batch,
            question=question.describe() if question else None,
        )

    def describe_decision(self, question: Question, reason: Reason) -> OpenDecision:
        """Return a question of this job as a decision."""
        shown = question.describe()
        return OpenDecision(
            id=shown.decision,
            job_id=self.id.removeprefix(PROMISE_PREFIX),
            reason=reason,
            type=self.type,
            requester_id=self.requester_id,
            since=shown.since,
            until=shown.until,
            batch=self.batch,
        )
