"""Where a job stops that would cost more than it may: it waits until somebody raises its limit, and holds nothing.

What decides is in checkpoints: the limit in the job, and what the step before has reckoned of the next paid part. So a
job without a limit, or whose work is free, has no step and no wait more than if there were no limits at all.
"""

import logging
import math
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from pydantic import ValidationError
from resonate.context import Context

from contract.answers import Reason
from contract.codes import Code
from contract.costs import Raised
from contract.job import DocumentJob
from contract.names import Step, promise_id
from contract.parts import Short, Split
from contract.progress import Wait
from contract.reading import Text
from durable import PermanentError, Question, ask, log_event, step
from worker.providers.retries import PATIENT
from worker.steps.ports import Ports

_LOG: Final = logging.getLogger(__name__)
_MINUTE: Final = 60.0
_ROUNDS: Final = 10  # questions to one part: whoever answers nonsense to so many is a program
_PENNY: Final = 1e-9  # sums of floats are off by less
_PLACES: Final = 10_000  # of what is told: a hundredth of a cent


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What a job may still do: spend up to a limit in all, and work until a moment."""

    until: float  # seconds since 1970
    most_usd: float | None = None
    takes_unknown: bool = False  # somebody said to go on whatever it costs
    flaw: str = ""  # of the last answer

    def left(self, spent: float) -> float | None:
        """Return what a part may cost after so much is spent; None if there is no limit to it."""
        return None if self.most_usd is None or self.takes_unknown else max(0.0, self.most_usd - spent)

    def a_page(self, spent: float, pages: int) -> float | None:
        """Return what each of so many pages may cost."""
        left = self.left(spent)
        return None if left is None else left / max(1, pages)


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """The paid part that comes next: what it may cost, if anybody knows, and what is spent before it."""

    step: Step
    what: str
    usd: float | None
    spent: float

    @classmethod
    def recognition(cls, split: Split) -> Self:
        """The pages that are left to read."""
        what = f"recognizing {len(split.unread)} pages"
        return cls(step=Step.EXTRACT, what=what, usd=split.ahead_usd, spent=split.use.cost_usd)

    @classmethod
    def analysis(cls, text: Text) -> Self:
        """The questions to a model."""
        return cls(step=Step.ANALYZE, what="the analysis", usd=text.ahead_usd, spent=text.use.cost_usd)

    @classmethod
    def more_of_the_analysis(cls, text: Text, short: Short) -> Self:
        """What one answer a chunk was not enough for: as much again, so that nobody is asked for every answer."""
        usd, spent = max(short.next_usd, short.spent_usd), text.use.cost_usd + short.spent_usd
        return cls(step=Step.ANALYZE, what="to go on with the analysis", usd=usd, spent=spent)

    def is_within(self, allowance: Allowance) -> bool:
        """Whether it may begin. What costs nothing always may."""
        if self.usd is None:
            return allowance.takes_unknown
        return not self.usd or allowance.most_usd is None or self.spent + self.usd <= allowance.most_usd + _PENNY

    def question(self, allowance: Allowance) -> str:
        """Say in figures what there is to decide."""
        spent = f"{_money(self.spent)} USD are spent, and the limit is {_money(allowance.most_usd or 0.0)} USD"
        if self.usd is None:
            costs, answer = f"what {self.what} costs is not known, because LLM_PRICES is not set", "any limit"
        else:
            costs = f"{self.what} may cost {_money(self.usd)} USD"
            answer = f'{{"maxCostUsd": {_money(self.spent + self.usd)}}} or more'
        return f"{allowance.flaw}{costs}; {spent}. Resolve the promise with {answer} to go on, or reject it."


class Limit:
    """`allowance = await limit(ctx, job, allowance, ahead)` comes back once the part may begin, or fails the job."""

    def __init__(self, ports: Ports) -> None:
        @step(timeout=_MINUTE, retry=PATIENT)
        async def ask_for_more(question: Question, job_id: str, ahead: Ahead, message: str) -> float:
            now = ports.now()
            wait = Wait(reason=Reason.COST, message=message, promise=question.promise, until=question.until(now))
            await ports.progress.report_wait(job_id, ahead.step, wait)
            fields = {"event": "waiting", "promiseId": promise_id(job_id), **wait.model_dump(mode="json")}
            log_event(_LOG, logging.WARNING, "a job waits for somebody", fields)
            return now

        @step(timeout=_MINUTE)  # its checkpoint is what the work has left: to wait for a person is no work
        async def resume(until: float, waited_since: float) -> float:
            return until + ports.now() - waited_since

        self._patience: Final = ports.max_wait_seconds
        self._ask_for_more: Final = ask_for_more
        self._resume: Final = resume

    async def __call__(self, ctx: Context, job: DocumentJob, allowance: Allowance, ahead: Ahead) -> Allowance:
        """Return what the job may do, with the limit that it has then."""
        for _ in range(_ROUNDS):
            if ahead.is_within(allowance):
                break
            allowance = await self._raised(ctx, job, allowance, ahead)
        if not ahead.is_within(allowance):
            raise PermanentError(Code.COST_LIMIT, f"no answer of {_ROUNDS} raised the limit far enough", ahead.step)
        return replace(allowance, flaw="")

    async def _raised(self, ctx: Context, job: DocumentJob, allowance: Allowance, ahead: Ahead) -> Allowance:
        message = ahead.question(allowance)
        answer = await ask(ctx, self._patience, self._ask_for_more, job.job_id, ahead, message)
        if answer.refusal:
            raise PermanentError(Code.COST_LIMIT, f"nobody raised the limit of cost: {message}", ahead.step)
        until = await ctx.run(self._resume, allowance.until, answer.notice)
        return replace(_answered(answer.value, allowance, ahead), until=until)


def _answered(value: Any, allowance: Allowance, ahead: Ahead) -> Allowance:  # noqa: ANN401 whatever was written
    try:
        raised = Raised.model_validate(value)
    except ValidationError:
        return replace(allowance, flaw='the last answer was not of the form {"maxCostUsd": 2.5}; ')
    return replace(allowance, most_usd=raised.max_cost_usd, takes_unknown=ahead.usd is None, flaw="")


def _money(usd: float) -> str:
    """Return it rounded up, so that what is asked for is enough."""
    return f"{math.ceil(round(usd * _PLACES, 6)) / _PLACES:.4f}"
