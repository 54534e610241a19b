"""Suspend a job whose request has a person review its findings, and continue with the answer.

The wait occupies no worker. Durable timers send reminders; the last reminder before the end is an escalation. Whether
the job waits depends on checkpoints alone: a job without `approval` has no additional step or wait.
"""

from datetime import timedelta
from typing import Final

from contract.analysis import Analysis
from contract.codes import Code
from contract.job import Approval, DocumentJob
from contract.review import ReviewAnswer
from durable import Callback, Context, ErrorCode, PermanentError
from worker.steps.ports import Ports
from worker.steps.review import ReviewSteps, needs_review

from .cost_limit import Allowance

_MAX_QUESTIONS: Final = 10  # as about costs: after ten invalid answers, the client is a faulty program
_CODES_WITHOUT_REASON: Final = (ErrorCode.NO_REASON, ErrorCode.INVALID_ANSWER)


class ResultReview:
    """`analysis = await review(ctx, job, analysis, allowance)` returns the reviewed analysis, or fails the job."""

    def __init__(self, ports: Ports) -> None:
        self.steps: Final = ReviewSteps(ports)

    async def __call__(self, ctx: Context, job: DocumentJob, analysis: Analysis, allowance: Allowance) -> Analysis:
        """Ask until an answer fits; the time of the wait goes to the allowance."""
        if job.approval is None or not needs_review(job.approval, analysis):
            return analysis
        question, flaw = _make_question(job.approval), ""
        for _ in range(_MAX_QUESTIONS):
            answer = await question.ask_once(ctx, self.steps.ask_reviewer, job, analysis, flaw)
            error = answer.error
            if error and error.code not in _CODES_WITHOUT_REASON:
                raise PermanentError(Code.REVIEW_REJECTED, error.message)
            form_error = error.message if error and error.code == ErrorCode.INVALID_ANSWER else ""
            outcome = await ctx.run(
                self.steps.apply_answer, job, analysis, answer.notice, allowance.until, answer.value, form_error
            )
            allowance.until, flaw = outcome.until, outcome.flaw
            if outcome.review:
                return analysis.model_copy(update={"review": outcome.review})
        raise PermanentError(Code.REVIEW_REJECTED, f"none of {_MAX_QUESTIONS} answers could be used")


def _make_question(approval: Approval) -> Callback[ReviewAnswer]:
    return Callback(
        ReviewAnswer,
        timeout=timedelta(hours=approval.timeout_hours),
        remind_every=timedelta(hours=approval.pause_hours),
    )
