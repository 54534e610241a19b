"""A job that would cost more than it may waits for somebody, holds nothing meanwhile, and does as it is told.

Server, workers and their logs are real; the provider of models is one on the loopback address.
"""

import signal
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.answers import Reason
from contract.codes import Code
from local.server_process import ServerProcess
from tests.durable.worker_lab import EMBEDDED_SERVER, value_of
from tests.worker import documents
from tests.worker.document_lab import DocumentLab
from tests.worker.document_site import Site
from tests.worker.lab_worker import CLOCK_AHEAD_FILE
from tests.worker.model_lab import ANSWER_USD, LINE, ModelLab, open_model_lab
from tests.worker.test_fanout import scan

TOO_LITTLE = 0.01
ENOUGH = 1.0
FREE = {"ANALYZER": "extractive", "LLM_BASE_URL": "", "LLM_PRICES": ""}


@pytest.fixture
def models(server: ServerProcess, site: Site, tmp_path: Path) -> Iterator[ModelLab]:
    """A server of each kind, a provider, and workers that ask it."""
    with open_model_lab(server, site, tmp_path / "lab") as models:
        yield models


def steps(lab: DocumentLab, promise: str) -> list[str]:
    """The parts of a job by their numbers: what it has a checkpoint of, and what it waits for."""
    return [part.id.removeprefix(promise) for part in lab.find_parts(promise)]


def test_a_job_over_its_limit_asks_somebody_and_nobody_else(models: ModelLab) -> None:
    """It goes on with another worker than the one that asked, and with what it was given."""
    first = models.lab.start()
    job = models.submit("dear", max_cost_usd=TOO_LITTLE)
    waiting = models.wait_until_waiting("dear")
    assert waiting.reason is Reason.COST
    assert "0.0100 USD" in waiting.message
    assert models.lab.client.get(waiting.promise).state == "pending"
    assert models.lab.client.get(job).state == "pending"
    assert models.provider.asked == []
    [line] = models.find_log_lines("waiting")
    assert (line["promiseId"], line["promise"], line["reason"]) == ("doc/dear", waiting.promise, "cost")
    first.send_signal(signal.SIGKILL)
    models.lab.start()
    models.settle(waiting.promise, {"maxCostUsd": ENOUGH})
    result = models.wait_for_result(job)
    assert result.cost_usd == ANSWER_USD
    assert len(models.provider.asked) == 1
    assert models.load_notice("dear", "done").stored_at == result.stored_at


@EMBEDDED_SERVER
def test_what_does_not_help_is_asked_again(models: ModelLab) -> None:
    """Too little, no number, more than anybody means, and nothing at all; the next question says what was wrong."""
    models.lab.start()
    job = models.submit("dear", max_cost_usd=0)
    waiting = models.wait_until_waiting("dear")
    answers: list[Any] = [
        {"maxCostUsd": TOO_LITTLE},
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
    assert models.provider.asked == []
    asked = waiting.message.partition('{"maxCostUsd": ')[2].partition("}")[0]
    models.settle(waiting.promise, {"maxCostUsd": float(asked)})
    assert models.wait_for_result(job).cost_usd == ANSWER_USD


def test_what_nobody_can_read_is_asked_again(models: ModelLab) -> None:
    """Somebody settled it by hand with what is no JSON, or no base64: the job is not stopped by that."""
    models.lab.start()
    job = models.submit("dear", max_cost_usd=0)
    waiting = models.wait_until_waiting("dear")
    for data in (b64encode(b"NaN").decode(), "not base64!", b64encode(b"rubbish").decode()):
        models.settle_with_data(waiting.promise, data)
        waiting = models.wait_until_waiting("dear", not_for=waiting.promise)
        assert waiting.message.startswith("the last answer was not of the form")
    models.settle(waiting.promise, {"maxCostUsd": ENOUGH})
    assert models.wait_for_result(job).cost_usd == ANSWER_USD


@EMBEDDED_SERVER
def test_who_never_answers_with_sense_ends_the_job(models: ModelLab) -> None:
    """So that a program which settles everything does not keep it for a month. A tenth answer with sense counts."""
    models.lab.start()
    jobs = {"dear": "yes", "saved": {"maxCostUsd": ENOUGH}}
    promises = {name: models.submit(name, max_cost_usd=0) for name in jobs}
    for name, last in jobs.items():
        promise = ""
        for answer in [*["yes"] * 9, last]:
            promise = models.wait_until_waiting(name, not_for=promise).promise
            models.settle(promise, answer)
    assert models.lab.wait_for_failure(promises["dear"])["code"] == Code.COST_LIMIT
    assert models.wait_for_result(promises["saved"]).job_id == "saved"


def test_a_no_fails_the_job_and_is_told(models: ModelLab) -> None:
    models.lab.start()
    job = models.submit("dear", max_cost_usd=TOO_LITTLE)
    models.settle(models.wait_until_waiting("dear").promise, {"reason": "not for that"}, "rejected")
    failure = models.lab.wait_for_failure(job)
    assert (failure["code"], failure["step"]) == (Code.COST_LIMIT, "analyze")
    notice = models.load_notice("dear", "failed")
    assert (notice.code, notice.message) == (Code.COST_LIMIT, failure["message"])
    assert "0.0100 USD" in failure["message"]
    assert models.provider.asked == []


def test_no_answer_in_time_is_a_no(models: ModelLab) -> None:
    models.lab.start(max_wait_seconds=1.0)
    job = models.submit("dear", max_cost_usd=TOO_LITTLE)
    promise = models.wait_until_waiting("dear").promise
    assert models.lab.wait_for_failure(job)["code"] == Code.COST_LIMIT
    assert models.lab.client.get(promise).state == "rejected_timedout"
    assert models.load_notice("dear", "failed").code == Code.COST_LIMIT


def test_waiting_for_somebody_takes_nothing_of_the_time_for_the_work(models: ModelLab) -> None:
    """The moment by which the work must be done is later by what the wait took, as the checkpoints say."""
    models.lab.start()
    job = models.submit("dear", max_cost_usd=TOO_LITTLE)
    waiting = models.wait_until_waiting("dear")
    models.settle(waiting.promise, {"maxCostUsd": ENOUGH})
    assert models.wait_for_result(job).cost_usd == ANSWER_USD
    begun, _, _, promise, asked, went_on, *_ = models.lab.find_parts(job)
    assert promise.id == waiting.promise
    assert promise.settled_at
    waited = promise.settled_at / 1_000 - value_of(asked)
    assert waited - 0.01 <= value_of(went_on) - value_of(begun) < waited + 60  # a checkpoint has milliseconds


@EMBEDDED_SERVER
def test_work_that_goes_on_has_the_time_that_was_left(models: ModelLab) -> None:
    """A clock that was set back by a day, which no wait can do, takes the time away from what comes after."""
    models.lab.start()
    job = models.submit("dear", max_cost_usd=TOO_LITTLE)
    waiting = models.wait_until_waiting("dear")
    (models.lab.folder / CLOCK_AHEAD_FILE).write_text("-90000")
    models.settle(waiting.promise, {"maxCostUsd": ENOUGH})
    failure = models.lab.wait_for_failure(job)
    assert (failure["code"], failure["step"]) == ("work_deadline", "analyze")
    assert models.provider.asked == []


def test_free_work_knows_no_limit_and_pays_no_checkpoint_for_it(models: ModelLab) -> None:
    """A limit of nothing, a scan to read and rules to analyze by: it runs as a job without a limit does."""
    models.lab.environ |= FREE
    models.lab.evidence.open_gate()
    models.lab.start()
    limited = models.submit("limited", scan(2), max_cost_usd=0)
    plain = models.submit("plain", scan(2))
    assert models.wait_for_result(limited).cost_usd == 0.0
    assert models.wait_for_result(plain).cost_usd == 0.0
    assert steps(models.lab, limited) == steps(models.lab, plain) == [f":{n}" for n in range(1, 7)]


@EMBEDDED_SERVER
def test_a_job_within_its_limit_has_no_checkpoint_more(models: ModelLab) -> None:
    models.lab.start()
    limited = models.submit("limited", documents.make_pdf(f"{LINE}, and so does that"), max_cost_usd=ENOUGH)
    plain = models.submit("plain")
    assert models.wait_for_result(limited).cost_usd == models.wait_for_result(plain).cost_usd
    assert steps(models.lab, limited) == steps(models.lab, plain)
    assert models.find_log_lines("waiting") == []


@EMBEDDED_SERVER
def test_pages_that_cost_something_are_not_looked_at_before_somebody_agrees(models: ModelLab) -> None:
    """Also the few that the step would have recognized by itself; what they cost counts for the analysis."""
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
    assert models.provider.asked == []
    models.settle(again.promise, {"maxCostUsd": 5})
    result = models.wait_for_result(job)
    assert result.cost_usd == pytest.approx(1.5 + ANSWER_USD)
    assert (result.metering["extract"].pages, result.metering["extract"].cost_usd) == (3, 1.5)


@EMBEDDED_SERVER
def test_what_nobody_knows_the_price_of_is_for_somebody_to_decide(models: ModelLab) -> None:
    """No figure can be compared with a limit, so whoever answers says yes to any."""
    models.lab.environ["LLM_PRICES"] = ""
    models.lab.start()
    job = models.submit("unknown", max_cost_usd=ENOUGH)
    waiting = models.wait_until_waiting("unknown")
    assert "LLM_PRICES" in waiting.message
    assert models.provider.asked == []
    models.settle(waiting.promise, {"maxCostUsd": ENOUGH})
    assert models.wait_for_result(job).cost_usd is None
