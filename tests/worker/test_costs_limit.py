"""A job over its cost limit waits for an answer, occupies no worker meanwhile, and does as the answer says.

Server, workers and their logs are real; the model provider listens on the loopback address.
"""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.answers import Reason
from contract.codes import Code
from contract.names import Step
from local.server_process import ServerProcess
from tests.analysis.provider import Refusal
from tests.durable.worker_lab import EMBEDDED_SERVER, end_leases, value_of
from tests.waiting import wait_until
from tests.worker import documents
from tests.worker.document_lab import DocumentLab
from tests.worker.document_site import Site
from tests.worker.lab_worker import CLOCK_AHEAD_FILE
from tests.worker.model_lab import ANSWER_USD, LINE, ModelLab, open_model_lab
from tests.worker.test_fanout import scan
from worker.workflows.cost_limit import Allowance, NextCost

LOW_LIMIT_USD = 0.01
SUFFICIENT_LIMIT_USD = 1.0
FREE_ANALYZER_ENVIRON = {"ANALYZER": "extractive", "LLM_BASE_URL": "", "LLM_PRICES": ""}


@pytest.fixture
def models(server: ServerProcess, site: Site, tmp_path: Path) -> Iterator[ModelLab]:
    """A server of each kind, a model provider, and workers that ask it."""
    with open_model_lab(server, site, tmp_path / "lab") as models:
        yield models


def part_ids(lab: DocumentLab, promise: str) -> list[str]:
    """Return the ids of a job's checkpoints and waits, without the job's own id."""
    return [part.id.removeprefix(promise) for part in lab.find_parts(promise)]


def test_a_job_over_its_limit_waits_for_approval_and_asks_no_provider(models: ModelLab) -> None:
    """Another worker than the one that asked resumes it, with the new limit."""
    first = models.lab.start()
    job = models.submit("dear", max_cost_usd=LOW_LIMIT_USD)
    waiting = models.wait_until_waiting("dear")
    assert waiting.reason is Reason.COST
    assert "0.0100 USD" in waiting.message
    assert models.lab.client.get(waiting.promise).state == "pending"
    assert models.lab.client.get(job).state == "pending"
    assert models.provider.requests == []
    [line] = wait_until(lambda: models.find_log_lines("waiting"), lambda: "the log does not say that the job waits")
    assert (line["promiseId"], line["promise"], line["reason"]) == ("doc/dear", waiting.promise, "cost")
    first.kill()
    models.lab.start()
    end_leases(models.lab.client, first)
    models.decide("dear", waiting.promise, max_cost_usd=SUFFICIENT_LIMIT_USD)
    result = models.wait_for_result(job)
    assert result.cost_usd == ANSWER_USD
    assert len(models.provider.requests) == 1
    assert models.load_notice("dear", "done").stored_at == result.stored_at


@EMBEDDED_SERVER
def test_an_answer_that_does_not_help_is_asked_for_again(models: ModelLab) -> None:
    """Too little, not a number, an absurd amount, or nothing; the next question names the mistake."""
    models.lab.start()
    job = models.submit("dear", max_cost_usd=0)
    waiting = models.wait_until_waiting("dear")
    answers: list[Any] = [
        {"maxCostUsd": LOW_LIMIT_USD},
        {"maxCostUsd": "much"},
        {"maxCostUsd": 10**9},
        {"maxCostUsd": True},
        {"maxCostUsd": "5"},
        None,
        "yes",
    ]
    for answer in answers:
        models.settle(waiting.promise, answer)
        waiting = models.wait_until_waiting("dear", not_for=waiting.promise)
        assert ("the last answer was not of the form" in waiting.message) is (answer != answers[0]), answer
    assert models.provider.requests == []
    asked = waiting.message.partition('{"maxCostUsd": ')[2].partition("}")[0]
    models.settle(waiting.promise, {"maxCostUsd": float(asked)})
    assert models.wait_for_result(job).cost_usd == ANSWER_USD


def test_an_answer_that_cannot_be_decoded_is_asked_for_again(models: ModelLab) -> None:
    """An operator settled the promise by hand, with invalid JSON or base64: the job does not fail."""
    models.lab.start()
    job = models.submit("dear", max_cost_usd=0)
    waiting = models.wait_until_waiting("dear")
    for data in (b64encode(b"NaN").decode(), "not base64!", b64encode(b"rubbish").decode()):
        models.settle_with_data(waiting.promise, data)
        waiting = models.wait_until_waiting("dear", not_for=waiting.promise)
        assert waiting.message.startswith("the last answer was not of the form")
    models.settle(waiting.promise, {"maxCostUsd": SUFFICIENT_LIMIT_USD})
    assert models.wait_for_result(job).cost_usd == ANSWER_USD


@EMBEDDED_SERVER
def test_ten_invalid_answers_fail_the_job(models: ModelLab) -> None:
    """A program that settles every promise cannot keep a job for a month. A valid tenth answer counts."""
    models.lab.start()
    jobs = {"dear": "yes", "saved": {"maxCostUsd": SUFFICIENT_LIMIT_USD}}
    promises = {name: models.submit(name, max_cost_usd=0) for name in jobs}
    for name, last in jobs.items():
        promise = ""
        for answer in [*["yes"] * 9, last]:
            promise = models.wait_until_waiting(name, not_for=promise).promise
            models.settle(promise, answer)
    assert models.lab.wait_for_failure(promises["dear"])["code"] == Code.COST_LIMIT
    assert models.wait_for_result(promises["saved"]).job_id == "saved"


def test_a_refused_limit_fails_the_job_and_sends_a_notice(models: ModelLab) -> None:
    models.lab.start()
    job = models.submit("dear", max_cost_usd=LOW_LIMIT_USD)
    models.decide("dear", models.wait_until_waiting("dear").promise, max_cost_usd=None)
    failure = models.lab.wait_for_failure(job)
    assert (failure["code"], failure["step"]) == (Code.COST_LIMIT, "analyze")
    notice = models.load_notice("dear", "failed")
    assert (notice.code, notice.message) == (Code.COST_LIMIT, failure["message"])
    assert "0.0100 USD" in failure["message"]
    assert models.provider.requests == []


def test_a_missing_answer_is_a_refusal(models: ModelLab) -> None:
    models.lab.start(max_wait_seconds=1.0)
    job = models.submit("dear", max_cost_usd=LOW_LIMIT_USD)
    promise = models.wait_until_waiting("dear").promise
    assert models.lab.wait_for_failure(job)["code"] == Code.COST_LIMIT
    assert models.lab.client.get(promise).state == "rejected_timedout"
    assert models.load_notice("dear", "failed").code == Code.COST_LIMIT


def test_the_wait_for_approval_does_not_use_up_the_time_for_work(models: ModelLab) -> None:
    """The checkpoints show that the wait moves the deadline of the work by its own duration."""
    models.lab.start()
    job = models.submit("dear", max_cost_usd=LOW_LIMIT_USD)
    waiting = models.wait_until_waiting("dear")
    models.settle(waiting.promise, {"maxCostUsd": SUFFICIENT_LIMIT_USD})
    assert models.wait_for_result(job).cost_usd == ANSWER_USD
    begin, _, _, promise, asked, resumed, *_ = models.lab.find_parts(job)
    assert promise.id == waiting.promise
    assert promise.settled_at
    waited = promise.settled_at / 1_000 - value_of(asked)
    assert waited - 0.01 <= value_of(resumed) - value_of(begin) < waited + 60  # a checkpoint has milliseconds


@EMBEDDED_SERVER
def test_resumed_work_has_only_the_time_that_was_left(models: ModelLab) -> None:
    """A clock set back by a day, which no wait can do, leaves what follows only the hour that any run has."""
    models.provider.answer = lambda _: Refusal(429, headers={"Retry-After": "7200"})
    models.lab.start()
    job = models.submit("dear", max_cost_usd=LOW_LIMIT_USD)
    waiting = models.wait_until_waiting("dear")
    (models.lab.folder / CLOCK_AHEAD_FILE).write_text("-90000")
    models.settle(waiting.promise, {"maxCostUsd": SUFFICIENT_LIMIT_USD})
    failure = models.lab.wait_for_failure(job)
    assert (failure["code"], failure["step"]) == ("work_deadline", "analyze")
    assert len(models.provider.requests) == 1


def test_free_work_ignores_the_limit_and_has_no_extra_checkpoint(models: ModelLab) -> None:
    """A scan with a limit of 0 USD, local OCR and the extractive analyzer runs as a job without a limit does."""
    models.lab.environ |= FREE_ANALYZER_ENVIRON
    models.lab.evidence.open_gate()
    models.lab.start()
    limited = models.submit("limited", scan(2), max_cost_usd=0)
    plain = models.submit("plain", scan(2))
    assert models.wait_for_result(limited).cost_usd == 0.0
    assert models.wait_for_result(plain).cost_usd == 0.0
    assert part_ids(models.lab, limited) == part_ids(models.lab, plain) == [f":{n}" for n in range(1, 7)]


@EMBEDDED_SERVER
def test_a_job_within_its_limit_has_no_extra_checkpoint(models: ModelLab) -> None:
    models.lab.start()
    limited = models.submit(
        "limited", documents.make_pdf(f"{LINE}, and so does that"), max_cost_usd=SUFFICIENT_LIMIT_USD
    )
    plain = models.submit("plain")
    assert models.wait_for_result(limited).cost_usd == models.wait_for_result(plain).cost_usd
    assert part_ids(models.lab, limited) == part_ids(models.lab, plain)
    assert models.find_log_lines("waiting") == []


@EMBEDDED_SERVER
def test_paid_pages_are_not_read_before_approval(models: ModelLab) -> None:
    """Not even the few that the extract step reads itself; their cost counts towards the limit of the analysis."""
    models.lab.evidence.open_gate()
    models.lab.start(page_usd=0.5)
    job = models.submit("scan", scan(3), max_cost_usd=1.0)
    waiting = models.wait_until_waiting("scan")
    assert "recognizing 3 pages may cost 1.5000 USD" in waiting.message
    assert models.lab.find_batches() == []
    models.settle(waiting.promise, {"maxCostUsd": 1.5})
    again = models.wait_until_waiting("scan", not_for=waiting.promise)
    assert "the analysis" in again.message
    assert "1.5000 USD are spent" in again.message
    assert models.lab.find_batches("paid") == ["1", "2", "3"]
    assert models.provider.requests == []
    models.settle(again.promise, {"maxCostUsd": 5})
    result = models.wait_for_result(job)
    assert result.cost_usd == pytest.approx(1.5 + ANSWER_USD)
    assert (result.usage["extract"].pages, result.usage["extract"].cost_usd) == (3, 1.5)


@EMBEDDED_SERVER
def test_a_model_without_a_price_needs_approval(models: ModelLab) -> None:
    """An unknown price cannot be compared with a limit, so an approval allows any cost."""
    models.lab.environ["LLM_PRICES"] = ""
    models.lab.start()
    job = models.submit("unknown", max_cost_usd=SUFFICIENT_LIMIT_USD)
    waiting = models.wait_until_waiting("unknown")
    assert "LLM_PRICES" in waiting.message
    assert models.provider.requests == []
    models.settle(waiting.promise, {"maxCostUsd": SUFFICIENT_LIMIT_USD})
    assert models.wait_for_result(job).cost_usd is None


@pytest.mark.parametrize("usd", [0.00001, 0.00012, 0.123456, 2.5])
def test_the_limit_that_a_question_names_is_enough(usd: float) -> None:
    """It is rounded up: a client that answers with it is not asked again."""
    part = NextCost(step=Step.ANALYZE, part="the analysis", usd=usd, spent=0.00003)
    question = part.question(Allowance(until=0.0, max_usd=0.0), "")
    named = float(question.partition('{"maxCostUsd": ')[2].partition("}")[0])
    assert part.is_within(Allowance(until=0.0, max_usd=named))
