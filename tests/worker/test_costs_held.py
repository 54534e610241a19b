"""A limit holds, whatever a model answers and whoever goes on with the job: beyond it nobody is asked for anything."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.analysis import Analysis
from contract.codes import Code
from contract.job import DocumentJob, TypeName
from contract.parts import BudgetExceeded
from contract.reading import MediaType, Original, Pages, PageText, Text, TextSource
from contract.use import Use
from local.server_process import ServerProcess
from tests.analysis.provider import Asked, Reply, Talk
from tests.durable.worker_lab import EMBEDDED_SERVER
from tests.waiting import wait_until
from tests.worker import documents
from tests.worker.document_lab import DocumentLab
from tests.worker.document_site import Site
from tests.worker.fake_ports import make_ports, run_step
from tests.worker.long_text import end_sleep, find_sleeps, wait_for_sleeps
from tests.worker.model_lab import LINE, ModelLab, answer_any_form, open_model_lab
from tests.worker.test_fanout import scan
from worker.adapters.object_store import Store
from worker.costs.ledger import Budget, BudgetError, Costs, Ledger, billed_to
from worker.costs.metering import Meter
from worker.costs.prices import Rates, TokenPrice
from worker.steps.analysis import AnalysisSteps

READ_USD = "1000,0"  # for a million: an answer with its 100 tokens is 0.1 USD, and a question of ours some two dollars
CHEAP, DEAR = "0.001,0.001", READ_USD
RATES = Rates(tokens=TokenPrice(read=1_000_000))  # a dollar for a token


@pytest.fixture
def models(server: ServerProcess, site: Site, tmp_path: Path) -> Iterator[ModelLab]:
    """A server of each kind, a provider, and workers that ask it."""
    with open_model_lab(server, site, tmp_path / "lab") as models:
        yield models


def pages_of_text(count: int) -> bytes:
    """Return a document of so many pages with a thousand characters each."""
    return documents.make_pdf(*(f"{LINE} {number:03} " * 18 for number in range(count)), size=(8_000, 842))


def wordy(asked: Asked) -> Reply:
    """Say more about any text than fits an answer, until there is little of it."""
    return Talk(is_cut=True) if len(asked.text) > 400 and '"part"' not in asked.text else answer_any_form(asked)


@EMBEDDED_SERVER
def test_a_model_that_says_too_much_is_not_paid_beyond_the_limit(
    server: ServerProcess, site: Site, tmp_path: Path
) -> None:
    """One answer was reckoned with and 28 are needed: the job asks once the rest of its limit is too little."""
    with open_model_lab(server, site, tmp_path / "lab", wordy) as models:
        models.lab.environ["LLM_PRICES"] = READ_USD
        models.lab.start()
        limit = 4.0
        job = models.submit("wordy", pages_of_text(4), max_cost_usd=limit, type="invoice")
        waiting = models.wait_until_waiting("wordy")
        assert waiting.message.startswith("to go on with the analysis may cost")
        paid = models.provider.paid
        assert 2 < paid < 28
        assert paid * 0.1 <= limit
        assert f"{paid * 0.1:.4f} USD are spent" in waiting.message
        models.settle(waiting.promise, {"maxCostUsd": 20})
        result = models.wait_for_result(job)
        assert models.provider.paid == 28  # nothing twice
        assert result.cost_usd == pytest.approx(2.8)
        assert sum(line["costUsd"] for line in models.find_log_lines("paid")) == pytest.approx(2.8)


@EMBEDDED_SERVER
@pytest.mark.parametrize(("pages", "answers"), [(4, 1), (80, 6)], ids=["one step", "chunks"])
def test_a_worker_with_higher_prices_asks_before_it_pays(
    server: ServerProcess, site: Site, tmp_path: Path, pages: int, answers: int
) -> None:
    """It takes over a job that another one had reckoned, and found cheap."""
    on = threading.Event()

    def slow(asked: Asked) -> Reply:
        on.wait()
        return answer_any_form(asked)

    with open_model_lab(server, site, tmp_path / "lab", slow) as models:
        try:
            models.lab.environ["LLM_PRICES"] = CHEAP
            first = models.lab.start(lease=3)
            job = models.submit("cheap", pages_of_text(pages), max_cost_usd=0.5)
            wait_until(lambda: models.provider.asked or None, lambda: f"nobody is asked: {models.lab.log_tails}")
            first.send_signal(signal.SIGKILL)
            asked = len(models.provider.asked)
            models.lab.environ["LLM_PRICES"] = DEAR
            models.lab.start(lease=3)
            waiting = models.wait_until_waiting("cheap")
            assert "the limit is 0.5000 USD" in waiting.message
            assert len(models.provider.asked) <= asked + 3  # those of the first one that were still on their way
        finally:
            on.set()
        models.settle(waiting.promise, {"maxCostUsd": 100})
        result = models.wait_for_result(job)
        assert result.cost_usd == pytest.approx(answers * 0.1)


def left_in_the_middle(models: ModelLab, document: bytes) -> str:
    """Return a job with a limit, whose worker died while it looked at pages."""
    first = models.lab.start(lease=3)
    job = models.submit("scan", document, max_cost_usd=1.0)
    wait_until(lambda: models.lab.find_batches() or None, lambda: f"{models.lab.evidence.lines()}")
    first.send_signal(signal.SIGKILL)
    return job


@EMBEDDED_SERVER
def test_pages_that_were_free_are_not_paid_for_by_another_worker(models: ModelLab) -> None:
    """The survey found a recognition of its own. The next worker has a dear one and waits for one as before."""
    lab, job = models.lab, left_in_the_middle(models, scan(12))
    dear = lab.start(lease=3, page_usd=0.5)
    asleep = wait_for_sleeps(lab, job, 3)
    assert lab.find_batches("paid") == []
    dear.send_signal(signal.SIGKILL)
    lab.evidence.open_gate()
    lab.start(lease=3)
    for sleep in asleep:
        end_sleep(lab, sleep)
    result = models.wait_for_result(job)
    assert result.metering["extract"].pages == 12
    assert result.metering["extract"].cost_usd == 0.0
    assert lab.find_batches("paid") == []


@EMBEDDED_SERVER
def test_a_job_whose_worker_of_before_is_gone_fails_and_says_why(models: ModelLab) -> None:
    lab, job = models.lab, left_in_the_middle(models, scan(6))
    lab.start(lease=3, page_usd=0.5)
    wake_until_it_ends(lab, job)
    failure = lab.wait_for_failure(job)
    assert failure["code"] == Code.COST_LIMIT
    assert "charges 0.5 USD for a page, and 0.166667 are left for it" in failure["message"]
    assert lab.find_batches("paid") == []


def wake_until_it_ends(lab: DocumentLab, job: str) -> None:
    """Let every sleep be over as soon as it begins."""

    def ended() -> bool | None:
        for sleep in find_sleeps(lab, job):
            end_sleep(lab, sleep)
        return lab.client.get(job).state != "pending" or None

    wait_until(ended, lambda: f"{job} goes on: {lab.log_tails}")


def test_answers_that_are_on_their_way_count_at_their_dearest(folder_store: Store) -> None:
    """Five of them at once, where there is enough for three: two are not asked for, whatever the three will cost."""
    ledger, costs = Ledger(folder_store), Costs(most=Use(input_tokens=3), of=lambda _: Use(input_tokens=1))
    asked: list[str] = []

    async def ask(key: str, refused: asyncio.Barrier) -> None:
        async def pay(_: str) -> bytes:
            asked.append(key)
            await refused.wait()  # no answer comes before every other is refused
            return b"it"

        try:
            await ledger.once(key, pay, costs=costs)
        except BudgetError:
            await refused.wait()
            raise

    async def try_all(at_the_barrier: int) -> tuple[int, float]:
        budget, refused = Budget(usd=10, price=RATES.of_tokens), asyncio.Barrier(at_the_barrier)
        with billed_to("job", budget):
            async with asyncio.timeout(30):
                found = await asyncio.gather(*(ask(key, refused) for key in "abcde"), return_exceptions=True)
        return sum(isinstance(one, BudgetError) for one in found), budget.spent

    assert asyncio.run(try_all(5)) == (2, 3)
    assert len(asked) == 3
    assert asyncio.run(try_all(2)) == (0, 5)  # the next try finds three, and has enough for two
    assert len(asked) == 5


def test_an_answer_that_never_came_takes_nothing_of_a_budget(folder_store: Store) -> None:
    async def refuse(_: str) -> bytes:
        raise ConnectionError

    async def ask(budget: Budget) -> None:
        with billed_to("job", budget):
            await Ledger(folder_store).once("key", refuse, costs=Costs(most=Use(input_tokens=3)))

    budget = Budget(usd=3, price=RATES.of_tokens)
    with pytest.raises(ConnectionError):
        asyncio.run(ask(budget))
    assert budget.spent == 0


class Hasty:
    """Asks two questions, and does not stop if one fails; the first time, nobody answers the first."""

    def __init__(self, store: Store) -> None:
        self.ledger = Ledger(store)
        self.asked: list[str] = []

    async def __call__(self, kind: TypeName, pages: tuple[PageText, ...]) -> Analysis:  # noqa: ARG002 whatever it is
        for failure in [one for key in ("first", "second") if (one := await self.failed(key))]:
            raise failure
        return Analysis(analyzer="hasty", summary="")

    async def failed(self, key: str) -> Exception | None:
        pay = self.pay if self.asked or key == "second" else self.refuse
        try:
            await self.ledger.once(key, pay, costs=THREE)
        except (BudgetError, ConnectionError) as exc:
            return exc
        return None

    async def refuse(self, _: str) -> bytes:
        raise ConnectionError

    async def pay(self, request: str) -> bytes:
        self.asked.append(request)
        return b"it"


THREE = Costs(most=Use(input_tokens=3), of=lambda _: Use(input_tokens=3))


def test_a_step_that_goes_on_knows_what_it_has_spent_before_it_asks(folder_store: Store, job: DocumentJob) -> None:
    """Its first question comes before the one whose answer an earlier try has paid for, and both are too much."""
    pages = Pages(pages=(PageText(number=1, text=LINE, source=TextSource.OCR),))
    reference = asyncio.run(folder_store.create("pages.json", pages.model_dump_json().encode()))
    text, original = Text.of(reference, pages), Original(reference=reference, media_type=MediaType.DOCX)
    hasty, meter = Hasty(folder_store), Meter(rates=RATES)

    def analyze(max_usd: float) -> Analysis | BudgetExceeded:
        steps = AnalysisSteps(make_ports(folder_store, analyzer=hasty, meter=meter))
        return run_step(steps.resume_analysis, job, original, text, max_usd).found

    with pytest.raises(ConnectionError):
        analyze(5)
    assert analyze(5) == BudgetExceeded(spent_usd=3, next_usd=3)
    assert len(hasty.asked) == 1
    assert isinstance(analyze(6), Analysis)
    assert len(hasty.asked) == 2
