"""Suspend a job and ask for a higher limit before it starts a part that may exceed its limit.

The decision depends on checkpoints alone: the job's limit, and the cost of the next paid part, which the step before it
has estimated. A job without a limit, or whose work is free, has no additional step or wait.
"""

import math
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

from contract.answers import Reason
from contract.codes import Code
from contract.costs import NewLimit
from contract.job import DocumentJob
from contract.names import REJECTION_CODE, Step
from contract.parts import BudgetExceeded, UnreadPages
from contract.progress import Wait
from contract.reading import Text
from durable import Callback, Context, ErrorCode, PermanentError, Question, step, work_until
from worker.costs.prices import USD_TOLERANCE
from worker.durations import MINUTE
from worker.providers.retries import STEP_RETRY
from worker.steps.ports import Ports
from worker.steps.wait_notice import announce_wait

_MAX_QUESTIONS: Final = 10  # about one part: after ten invalid answers, the client is a faulty program
_WRONG_FORM: Final = 'the last answer was not of the form {"maxCostUsd": 2.5}; '
_SHOWN_FRACTION: Final = 10_000  # of a dollar: a hundredth of a cent


@dataclass(kw_only=True)
class Allowance:
    """The time and money that a job has left.

    Each run of the workflow's body has one. Only checkpoints change it, so each replay repeats the changes.
    """

    until: float  # the deadline of all work, in seconds since 1970
    min_run_seconds: float = 0.0
    max_usd: float | None = None
    accepts_unknown_price: bool = False  # the client decided to proceed without a price

    def limit_work(self) -> AbstractContextManager[None]:
        """End every step inside by the deadline; a run that begins late still has a minimum of time."""
        return work_until(self.until, at_least=self.min_run_seconds)

    def usd_left(self, spent: float) -> float | None:
        """Return the USD left after `spent`; None without a limit."""
        return None if self.max_usd is None or self.accepts_unknown_price else max(0.0, self.max_usd - spent)

    def usd_per_page(self, spent: float, pages: int) -> float | None:
        """Return the USD left for each page; None without a limit."""
        left = self.usd_left(spent)
        return None if left is None else left / max(1, pages)


@dataclass(frozen=True, kw_only=True)
class NextCost:
    """The next paid part: its highest cost (None: unknown), and what is spent before it."""

    step: Step
    part: str
    usd: float | None
    spent: float

    @classmethod
    def ocr(cls, unread: UnreadPages) -> Self:
        """Return the cost of OCR of the unread pages."""
        part = f"recognizing {len(unread.unread)} pages"
        return cls(step=Step.EXTRACT, part=part, usd=unread.next_usd, spent=unread.usage.cost_usd)

    @classmethod
    def analysis(cls, text: Text) -> Self:
        """Return the cost of the questions to a model."""
        return cls(step=Step.ANALYZE, part="the analysis", usd=text.next_usd, spent=text.usage.cost_usd)

    @classmethod
    def rest_of_analysis(cls, text: Text, exceeded: BudgetExceeded) -> Self:
        """Ask for at least twice what was spent, so that the job does not ask again before every answer."""
        usd, spent = max(exceeded.next_usd, exceeded.spent_usd), text.usage.cost_usd + exceeded.spent_usd
        return cls(step=Step.ANALYZE, part="the rest of the analysis", usd=usd, spent=spent)

    def is_within(self, allowance: Allowance) -> bool:
        """Whether the part may start. A part that costs nothing always may."""
        if self.usd is None:
            return allowance.accepts_unknown_price
        return not self.usd or allowance.max_usd is None or self.spent + self.usd <= allowance.max_usd + USD_TOLERANCE

    def question(self, allowance: Allowance, flaw: str) -> str:
        """Return the figures for a decision, and how to answer; `flaw` explains why the last answer was invalid."""
        spent = f"{_show(self.spent)} USD are spent, and the limit is {_show(allowance.max_usd or 0.0)} USD"
        if self.usd is None:
            costs, answer = f"the cost of {self.part} is unknown, because LLM_PRICES is not set", "any limit"
        else:
            costs = f"{self.part} may cost {_show(self.usd)} USD"
            answer = f'{{"maxCostUsd": {_show(self.spent + self.usd)}}} or more'
        return f"{flaw}{costs}; {spent}. Resolve the promise with {answer} to proceed, or reject it."


class CostLimit:
    """`await limit.check(ctx, job, allowance, next_cost)` returns once the part may start, or fails the job."""

    def __init__(self, ports: Ports) -> None:
        self._ports: Final = ports
        self._new_limit: Final = Callback(NewLimit, timeout=timedelta(seconds=ports.max_wait_seconds))

    async def check(self, ctx: Context, job: DocumentJob, allowance: Allowance, next_cost: NextCost) -> None:
        """Ask until the limit is high enough; the new limit and the time of the wait go to the allowance."""
        flaw = ""
        for _ in range(_MAX_QUESTIONS):
            if next_cost.is_within(allowance):
                return
            message = next_cost.question(allowance, flaw)
            answer = await self._new_limit.ask_once(ctx, self.ask_for_more, job.job_id, next_cost, message)
            if answer.error and answer.error.code != ErrorCode.INVALID_ANSWER:
                refusal = f" It was {answer.error.message}." if answer.error.code == REJECTION_CODE else ""
                message = f"the cost limit was not raised: {message}{refusal}"
                raise PermanentError(Code.COST_LIMIT, message, next_cost.step)
            allowance.until = await ctx.run(self.extend_deadline, allowance.until, answer.notice)
            flaw = _WRONG_FORM if answer.error else ""
            if not answer.error:
                allowance.max_usd, allowance.accepts_unknown_price = answer.get().max_cost_usd, next_cost.usd is None
        if not next_cost.is_within(allowance):
            message = f"none of {_MAX_QUESTIONS} answers raised the limit far enough"
            raise PermanentError(Code.COST_LIMIT, message, next_cost.step)

    @step(timeout=MINUTE, retry=STEP_RETRY)
    async def ask_for_more(self, question: Question, job_id: str, next_cost: NextCost, message: str) -> float:
        """Announce what the job waits for; return the time."""
        until = question.until(self._ports.now())
        wait = Wait(reason=Reason.COST, message=message, promise=question.promise, until=until)
        return await announce_wait(self._ports, job_id, next_cost.step, wait)

    @step(timeout=MINUTE)  # its checkpoint is the new deadline: waiting for a person is not work
    async def extend_deadline(self, until: float, waited_since: float) -> float:
        """Return the deadline, extended by the time of the wait."""
        return until + self._ports.now() - waited_since


def _show(usd: float) -> str:
    """Round up, so that the requested limit is enough."""
    return f"{math.ceil(round(usd * _SHOWN_FRACTION, 6)) / _SHOWN_FRACTION:.4f}"
