"""The steps of a review: ask a person, and apply the answer."""

from typing import Final

from contract.analysis import Analysis, Finding
from contract.answers import Reason
from contract.codes import Code
from contract.job import Approval, DocumentJob, ReviewRule, TimeoutAction
from contract.model import Value
from contract.names import Step
from contract.notice import Stage
from contract.progress import Wait
from contract.review import Correction, Review, ReviewAnswer, Verdict
from contract.times import format_seconds
from durable import PermanentError, Question, current_run, step
from worker.analysis.corrections import find_flaw
from worker.durations import MINUTE
from worker.providers.retries import STEP_RETRY

from .ports import Ports
from .wait_notice import announce_wait

_MAX_NAMES: Final = 10  # fields that a message names
_TIMEOUT_STATE: Final = "rejected_timedout"


class AskedQuestion(Value):
    """The promise of a question, and when the question was asked."""

    promise: str
    at: float


class AnswerOutcome(Value):
    """What an answer led to: a review, or a flaw in the answer, after which the question is asked again."""

    until: float  # the work deadline, with the wait for the person added
    flaw: str = ""
    review: Review | None = None


def needs_review(approval: Approval, analysis: Analysis) -> bool:
    """Whether a person reviews these findings. An empty result counts as doubtful, like an uncertain value."""
    if approval.required is ReviewRule.ALWAYS or not analysis.findings:
        return True
    return bool(_list_doubtful(approval, analysis))


class ReviewSteps:
    """The steps of a review; `ports` is their access to the outside."""

    def __init__(self, ports: Ports) -> None:
        self._ports: Final = ports

    @step(timeout=MINUTE, retry=STEP_RETRY)
    async def ask_reviewer(self, question: Question, job: DocumentJob, analysis: Analysis, flaw: str) -> AskedQuestion:
        """Announce the question; later runs of this step are reminders."""
        assert job.approval is not None
        wait = Wait(
            reason=Reason.REVIEW,
            message=f"{flaw}{describe_question(job.approval, analysis)}",
            promise=question.promise,
            until=await self._read_end(question),
            findings=tuple(one.model_dump(mode="json", by_alias=True) for one in analysis.findings),
            fields=schema.describe_fields() if (schema := self._ports.schemas.get(job.type)) else (),
        )
        number, stage = question.reminder, _stage_of(question.reminder, job.approval)
        at = await announce_wait(self._ports, job.job_id, Step.STORE, wait, stage=stage, number=number)
        return AskedQuestion(promise=question.promise, at=at)

    async def _read_end(self, question: Question) -> float:
        """Return when the question ends, from its record: a reminder runs long after the question was asked."""
        promise = await current_run().tools.promises.read(question.promise)
        return promise.timeout_at or question.until(self._ports.now())

    @step(timeout=MINUTE, retry=STEP_RETRY)
    async def apply_answer(  # noqa: PLR0913,PLR0917 what it depends on
        self,
        job: DocumentJob,
        analysis: Analysis,
        asked: AskedQuestion,
        until: float,
        answer: ReviewAnswer | None,
        form_error: str,
    ) -> AnswerOutcome:
        """Apply an answer. If its form is wrong, there is no answer, and `form_error` says why.

        If both are missing, the question timed out, or the reviewer rejected the job without a reason.
        """
        assert job.approval is not None
        promise = await current_run().tools.promises.read(asked.promise)
        until += self._ports.now() - asked.at
        if flaw := form_error or (answer and self._find_flaw(job, answer)):
            return AnswerOutcome(until=until, flaw=f"the last answer was refused: {flaw}; ")
        at = format_seconds(promise.settled_at or 0.0)
        if answer:
            return AnswerOutcome(until=until, review=_build_review(answer, analysis, at))
        _refuse_unless_approved(job.approval, has_expired=promise.state == _TIMEOUT_STATE)
        return AnswerOutcome(until=until, review=Review(decision=Verdict.TIMED_OUT, at=at))

    def _find_flaw(self, job: DocumentJob, answer: ReviewAnswer) -> str | None:
        if not answer.corrections:
            return None
        schema = self._ports.schemas.get(job.type)
        return find_flaw(answer.corrections, schema) if schema else f"the worker no longer knows the type {job.type}"


def describe_question(approval: Approval, analysis: Analysis) -> str:
    """Return the text of the question to the reviewer."""
    return f"{_describe_findings(approval, analysis)}. Approve or correct the findings, or reject the job."


def _describe_findings(approval: Approval, analysis: Analysis) -> str:
    count, doubtful = len(analysis.findings), [one.field for one in _list_doubtful(approval, analysis)]
    if not doubtful:
        return f"all {count} findings have a confidence of {approval.below:g} or more" if count else "nothing was found"
    names = ", ".join(doubtful[:_MAX_NAMES]) + (", ..." if len(doubtful) > _MAX_NAMES else "")
    return f"{len(doubtful)} of {count} findings lack a confidence of {approval.below:g} or more: {names}"


def _list_doubtful(approval: Approval, analysis: Analysis) -> list[Finding]:
    return [one for one in analysis.findings if _is_doubtful(approval, one)]


def _is_doubtful(approval: Approval, finding: Finding) -> bool:
    confidence = finding.evidence.confidence
    return confidence is None or confidence < approval.below or not finding.evidence.verified


def _stage_of(reminder: int, approval: Approval) -> Stage:
    if reminder == 0:
        return Stage.ASKED
    return Stage.ESCALATION if approval.is_last_reminder(reminder) else Stage.REMINDER


def _refuse_unless_approved(approval: Approval, *, has_expired: bool) -> None:
    """Raise unless the request has the job continue without an answer."""
    if not has_expired:
        raise PermanentError(Code.REVIEW_REJECTED, "the findings were rejected without a reason")
    if approval.on_timeout is TimeoutAction.REJECT:
        message = f"no reviewer answered within {approval.timeout_hours:g} hours"
        raise PermanentError(Code.REVIEW_TIMED_OUT, message)


def _build_review(answer: ReviewAnswer, analysis: Analysis, at: str) -> Review:
    """Return the review; corrections to the same value are left out."""
    found = {part.field: part.value for one in analysis.findings for part in (one, *one.split())}
    corrections = {
        field: Correction(original=found.get(field), value=value)
        for field, value in answer.corrections.items()
        if found.get(field) != value
    }
    return Review(
        decision=Verdict.CORRECTED if corrections else Verdict.APPROVED,
        reviewer=answer.reviewer,
        at=at,
        comment=answer.comment,
        corrections=corrections,
    )
