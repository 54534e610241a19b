"""A cost limit holds whatever a model answers and whichever worker resumes the job: no question exceeds it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.codes import Code
from local.server_process import ServerProcess
from tests.analysis.provider import ModelRequest, RawReply, Reply
from tests.durable.worker_lab import EMBEDDED_SERVER, StartedWorker, end_leases
from tests.waiting import wait_until
from tests.worker import documents
from tests.worker.document_lab import DocumentLab
from tests.worker.document_site import Site
from tests.worker.long_text import end_sleep, find_sleeps, wait_for_sleeps
from tests.worker.model_lab import LINE, ModelLab, answer_any_form, open_model_lab
from tests.worker.test_fanout import scan

READ_PRICES = "1000,0"  # per million: an answer to 100 tokens costs 0.1 USD, and a real question about two dollars
CHEAP_PRICES, HIGH_PRICES = "0.001,0.001", READ_PRICES


@pytest.fixture
def models(server: ServerProcess, site: Site, tmp_path: Path) -> Iterator[ModelLab]:
    """A server of each kind, a provider, and workers that ask it."""
    with open_model_lab(server, site, tmp_path / "lab") as models:
        yield models


def make_pages(count: int) -> bytes:
    """Return a PDF with so many pages of a thousand characters each."""
    return documents.make_pdf(*(f"{LINE} {number:03} " * 18 for number in range(count)), size=(8_000, 842))


def answer_at_length(asked: ModelRequest) -> Reply:
    """Exceed the length of an answer about every text that is not short."""
    return RawReply(is_cut=True) if len(asked.text) > 400 and '"part"' not in asked.text else answer_any_form(asked)


@EMBEDDED_SERVER
def test_a_model_with_long_answers_is_not_paid_beyond_the_limit(
    server: ServerProcess, site: Site, tmp_path: Path
) -> None:
    """The estimate has one answer and 28 are needed: the job waits for approval before it exceeds its limit."""
    with open_model_lab(server, site, tmp_path / "lab", answer_at_length) as models:
        models.lab.environ["LLM_PRICES"] = READ_PRICES
        models.lab.start()
        limit = 4.0
        job = models.submit("wordy", make_pages(4), max_cost_usd=limit, type="invoice")
        waiting = models.wait_until_waiting("wordy")
        assert waiting.message.startswith("the rest of the analysis may cost")
        paid = models.provider.paid
        assert 2 < paid < 28
        assert paid * 0.1 <= limit
        assert f"{paid * 0.1:.4f} USD are spent" in waiting.message
        models.settle(waiting.promise, {"maxCostUsd": 20})
        result = models.wait_for_result(job)
        assert models.provider.paid == 28  # no answer twice
        assert result.cost_usd == pytest.approx(2.8)
        assert sum(line["costUsd"] for line in models.find_log_lines("paid")) == pytest.approx(2.8)


@EMBEDDED_SERVER
@pytest.mark.parametrize(("pages", "answers"), [(4, 1), (80, 6)], ids=["one step", "chunks"])
def test_a_worker_with_higher_prices_waits_for_approval_before_it_pays(
    server: ServerProcess, site: Site, tmp_path: Path, pages: int, answers: int
) -> None:
    """It takes over a job that another worker had estimated with low prices."""
    proceed = threading.Event()

    def slow(asked: ModelRequest) -> Reply:
        proceed.wait()
        return answer_any_form(asked)

    with open_model_lab(server, site, tmp_path / "lab", slow) as models:
        try:
            models.lab.environ["LLM_PRICES"] = CHEAP_PRICES
            first = models.lab.start()
            job = models.submit("cheap", make_pages(pages), max_cost_usd=0.5)
            wait_until(
                lambda: models.provider.requests or None, lambda: f"no question was asked: {models.lab.log_tails}"
            )
            first.kill()
            asked = len(models.provider.requests)
            models.lab.environ["LLM_PRICES"] = HIGH_PRICES
            models.lab.start()
            end_leases(models.lab.client, first)
            waiting = models.wait_until_waiting("cheap")
            assert "the limit is 0.5000 USD" in waiting.message
            assert len(models.provider.requests) <= asked + 3  # questions of the first worker that had no answer yet
        finally:
            proceed.set()
        models.settle(waiting.promise, {"maxCostUsd": 100})
        result = models.wait_for_result(job)
        assert result.cost_usd == pytest.approx(answers * 0.1)


def start_and_kill(models: ModelLab, document: bytes) -> tuple[str, StartedWorker]:
    """Return a job with a limit, and its worker, which died while it read pages."""
    first = models.lab.start()
    job = models.submit("scan", document, max_cost_usd=1.0)
    wait_until(lambda: models.lab.find_batches() or None, lambda: f"{models.lab.evidence.lines()}")
    first.kill()
    return job, first


@EMBEDDED_SERVER
def test_a_worker_with_a_paid_ocr_engine_leaves_pages_that_were_free(models: ModelLab) -> None:
    """The first worker reads pages free. The next would pay for them, so it leaves them to others."""
    lab, (job, first) = models.lab, start_and_kill(models, scan(12))
    paying = lab.start(page_usd=0.5)
    end_leases(lab.client, first)
    asleep = wait_for_sleeps(lab, job, 3)
    assert lab.find_batches("paid") == []
    paying.kill()
    lab.evidence.open_gate()
    lab.start()
    end_leases(lab.client, paying)
    for sleep in asleep:
        end_sleep(lab, sleep)
    result = models.wait_for_result(job)
    assert result.usage["extract"].pages == 12
    assert result.usage["extract"].cost_usd == 0.0
    assert lab.find_batches("paid") == []


@EMBEDDED_SERVER
def test_a_job_fails_with_the_reason_when_only_a_paying_worker_is_left(models: ModelLab) -> None:
    lab, (job, first) = models.lab, start_and_kill(models, scan(6))
    lab.start(page_usd=0.5)
    end_leases(lab.client, first)
    end_sleeps_until_settled(lab, job)
    failure = lab.wait_for_failure(job)
    assert failure["code"] == Code.COST_LIMIT
    assert "charges 0.5 USD for a page, and 0.166667 are left for it" in failure["message"]
    assert lab.find_batches("paid") == []


def end_sleeps_until_settled(lab: DocumentLab, job: str) -> None:
    """End every sleep of a job at once until the job is settled."""

    def end_sleeps() -> bool | None:
        for sleep in find_sleeps(lab, job):
            end_sleep(lab, sleep)
        return lab.client.get(job).state != "pending" or None

    wait_until(end_sleeps, lambda: f"{job} is pending: {lab.log_tails}")
