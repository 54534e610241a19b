"""The budget of a job: the ledger reserves what answers may cost, and retries count what they spent."""

import asyncio

import pytest

from contract.analysis import Analysis
from contract.job import DocumentJob
from contract.model import TypeName
from contract.parts import BudgetExceeded
from contract.reading import MediaType, Original, Pages, PageText, Text, TextSource
from contract.usage import Usage
from tests.worker.fake_ports import make_ports, run_step
from tests.worker.model_lab import LINE
from worker.adapters.object_store import Store
from worker.costs.ledger import Budget, BudgetError, Costs, Ledger, bill_to
from worker.costs.meter import Meter
from worker.costs.prices import Rates, TokenPrice
from worker.steps.analysis import AnalysisSteps

RATES = Rates(tokens=TokenPrice(read=1_000_000))  # one dollar per token


def test_pending_answers_count_at_their_highest_cost(folder_store: Store) -> None:
    """Of five questions at the same time the budget covers three: two are not asked, whatever the three will cost."""
    ledger, costs = (
        Ledger(folder_store),
        Costs(max_usage=Usage(input_tokens=3), usage_of=lambda _: Usage(input_tokens=1)),
    )
    asked: list[str] = []

    async def ask(key: str, refused: asyncio.Barrier) -> None:
        async def pay(_: str) -> bytes:
            asked.append(key)
            await refused.wait()  # no answer comes before the ledger refused the others
            return b"{}"

        try:
            await ledger.pay_once(key, pay, costs=costs)
        except BudgetError:
            await refused.wait()
            raise

    async def try_all(parties: int) -> tuple[int, float]:
        budget, refused = Budget(usd=10, price=RATES.of_tokens), asyncio.Barrier(parties)
        with bill_to("job", budget):
            async with asyncio.timeout(30):
                found = await asyncio.gather(*(ask(key, refused) for key in "abcde"), return_exceptions=True)
        return sum(isinstance(one, BudgetError) for one in found), budget.spent

    assert asyncio.run(try_all(5)) == (2, 3)
    assert len(asked) == 3
    assert asyncio.run(try_all(2)) == (0, 5)  # the next try finds three answers, and can pay for two
    assert len(asked) == 5


def test_a_failed_question_spends_nothing_of_the_budget(folder_store: Store) -> None:
    async def refuse(_: str) -> bytes:
        raise ConnectionError

    async def ask(budget: Budget) -> None:
        with bill_to("job", budget):
            await Ledger(folder_store).pay_once("key", refuse, costs=Costs(max_usage=Usage(input_tokens=3)))

    budget = Budget(usd=3, price=RATES.of_tokens)
    with pytest.raises(ConnectionError):
        asyncio.run(ask(budget))
    assert budget.spent == 0


class HastyAnalyzer:
    """Asks two questions even if the first fails, as it does the first time."""

    def __init__(self, store: Store) -> None:
        self.ledger = Ledger(store)
        self.asked: list[str] = []

    async def __call__(self, kind: TypeName, pages: tuple[PageText, ...]) -> Analysis:  # noqa: ARG002 it reads no page
        for failure in [one for key in ("first", "second") if (one := await self.ask(key))]:
            raise failure
        return Analysis(analyzer="hasty", summary="")

    async def ask(self, key: str) -> Exception | None:
        pay = self.pay if self.asked or key == "second" else self.refuse
        try:
            await self.ledger.pay_once(key, pay, costs=THREE_TOKENS)
        except (BudgetError, ConnectionError) as exc:
            return exc
        return None

    async def refuse(self, _: str) -> bytes:
        raise ConnectionError

    async def pay(self, request: str) -> bytes:
        self.asked.append(request)
        return b"{}"


THREE_TOKENS = Costs(max_usage=Usage(input_tokens=3), usage_of=lambda _: Usage(input_tokens=3))


def test_a_retried_step_counts_what_it_spent_before_it_asks_again(folder_store: Store, job: DocumentJob) -> None:
    """An earlier try paid for the second question. With the first, it exceeds the limit."""
    pages = Pages(pages=(PageText(number=1, text=LINE, source=TextSource.OCR),))
    reference = asyncio.run(folder_store.create("pages.json", pages.model_dump_json().encode()))
    text, original = Text.of(reference, pages), Original(reference=reference, media_type=MediaType.DOCX)
    hasty, meter = HastyAnalyzer(folder_store), Meter(rates=RATES)

    def analyze(max_usd: float) -> Analysis | BudgetExceeded:
        steps = AnalysisSteps(make_ports(folder_store, analyzer=hasty, meter=meter))
        return run_step(steps.resume_analysis, job, original, text, max_usd).value

    with pytest.raises(ConnectionError):
        analyze(5)
    assert analyze(5) == BudgetExceeded(spent_usd=3, next_usd=3)
    assert len(hasty.asked) == 1
    assert isinstance(analyze(6), Analysis)
    assert len(hasty.asked) == 2
