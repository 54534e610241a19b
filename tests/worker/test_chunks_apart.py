"""A long text is read chunk by chunk in a group of its own: nobody else waits for it, and no chunk is left for good."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.codes import Code
from contract.names import Step
from local.server_process import ServerProcess
from tests.analysis.provider import Asked, Reply, Talk
from tests.durable.worker_lab import EMBEDDED_SERVER
from tests.waiting import wait_until
from tests.worker import documents
from tests.worker.document_site import Site
from tests.worker.long_text import (
    answer_question,
    end_sleep,
    find_first_page,
    get_seconds,
    make_long_pdf,
    wait_for_result,
    wait_for_sleeps,
)
from tests.worker.model_lab import ModelLab, open_model_lab


@pytest.fixture
def models(server: ServerProcess, site: Site, tmp_path: Path) -> Iterator[ModelLab]:
    """A server of each kind, documents, and workers that ask a models.provider."""
    with open_model_lab(server, site, tmp_path / "lab", answer_question) as models:
        yield models


def test_many_chunks_are_read_in_rows_and_no_more_than_three_at_once(models: ModelLab) -> None:
    """Twenty-five are more than a job waits for; nobody has more than sixteen promises beside it."""
    lock, now, most = threading.Lock(), [0], [0]

    def answer(asked: Asked) -> Reply:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        try:
            return answer_question(asked)
        finally:
            with lock:
                now[0] -= 1

    models.provider.answer = answer
    models.lab.start(lease=60)
    job = models.lab.submit("long", make_long_pdf(25))
    assert wait_for_result(models.lab, job).summary == "all of it"
    assert Counter(find_first_page(asked) for asked in models.provider.asked) == {
        0: 1,
        **{4 * n + 1: 1 for n in range(25)},
    }
    assert most[0] <= 3
    parts = models.lab.find_parts(job)
    assert max(Counter(part.tags["resonate:parent"] for part in parts).values()) <= 16
    groups = Counter(part.tags.get("resonate:target") for part in parts)
    assert (groups["poll://any@chunks"], groups["poll://any@documents"]) == (25, 4)


def blocked(until: threading.Event) -> Callable[[Asked], Reply]:
    """Keep all who ask about a long text waiting."""

    def answer(asked: Asked) -> Reply:
        assert len(asked.text) < 10_000 or until.wait(60)
        return answer_question(asked)

    return answer


def wait_for_questions(models: ModelLab) -> None:
    """Return once as many are under way as a job may have."""
    asked = models.provider.asked
    wait_until(lambda: len(asked) == 3 or None, lambda: f"{len(asked)} {models.lab.log_tails}", timeout=90)


@EMBEDDED_SERVER
def test_chunks_that_wait_for_a_model_keep_no_other_job_waiting(models: ModelLab) -> None:
    """Not even on a worker that runs one at a time."""
    answers = threading.Event()
    models.provider.answer = blocked(answers)
    models.lab.environ["WORKER_CONCURRENCY"] = "1"
    worker = models.lab.start(lease=60)
    job = models.lab.submit("long", make_long_pdf(6))
    wait_for_questions(models)
    worker.wait_for("chunks running", 3)
    other = models.lab.submit("short", documents.make_pdf("This page carries a text layer that is long enough"))
    assert wait_for_result(models.lab, other).page_count == 1
    assert models.lab.client.get(job).state == "pending"
    answers.set()
    assert wait_for_result(models.lab, job).summary == "all of it"


@pytest.fixture
def left(models: ModelLab) -> str:
    """A job whose chunks nobody reads: its worker has died, and the one that is there has no model."""
    answers = threading.Event()
    models.provider.answer = blocked(answers)
    first = models.lab.start(lease=2)
    job = models.lab.submit("long", make_long_pdf(6))
    wait_for_questions(models)
    first.kill()
    answers.set()
    models.lab.environ["ANALYZER"] = "extractive"
    models.lab.start(lease=60)
    return job


@EMBEDDED_SERVER
def test_chunks_whose_model_was_taken_away_fail_their_job_after_a_while_and_say_why(
    models: ModelLab, left: str
) -> None:
    """A worker without a model leaves them to others in five rounds."""
    for _ in range(4):
        for sleep in wait_for_sleeps(models.lab, left, 3):
            assert get_seconds(sleep) >= 60
            end_sleep(models.lab, sleep)
    error = models.lab.wait_for_failure(left)
    assert (error["code"], error["step"]) == (Code.ANALYZER_REFUSED, Step.ANALYZE)
    assert "the analyzer was changed" in error["message"]


@EMBEDDED_SERVER
def test_chunks_that_were_left_are_read_when_a_worker_with_a_model_is_there_again(models: ModelLab, left: str) -> None:
    asleep = wait_for_sleeps(models.lab, left, 3)
    models.lab.workers[1].kill()
    models.lab.environ["ANALYZER"] = "openai:some-model"
    models.lab.start(lease=60)
    for sleep in asleep:
        end_sleep(models.lab, sleep)
    assert wait_for_result(models.lab, left).summary == "all of it"
    assert models.provider.paid >= 7


@EMBEDDED_SERVER
def test_a_few_chunks_stay_one_step(models: ModelLab) -> None:
    models.lab.start(lease=60)
    job = models.lab.submit("short", make_long_pdf(4))
    assert wait_for_result(models.lab, job).summary == "all of it"
    assert models.lab.find_global_parts(job) == []
    assert models.provider.paid == 5


@EMBEDDED_SERVER
def test_a_long_text_that_rules_read_stays_one_step(models: ModelLab) -> None:
    models.lab.environ["ANALYZER"] = "extractive"
    models.lab.start(lease=60)
    job = models.lab.submit("long", make_long_pdf(6))
    assert wait_for_result(models.lab, job).analyzer == "extractive"
    assert models.lab.find_global_parts(job) == []


@EMBEDDED_SERVER
def test_a_chunk_that_needs_more_than_its_share_has_nothing_asked_twice(models: ModelLab) -> None:
    """Another one, which had begun when the third was done, is still asking when one step goes on for all of them."""
    fourth, on = threading.Event(), threading.Event()

    def answer(asked: Asked) -> Reply:
        if find_first_page(asked) == 1 and len(asked.text) > 10_000:
            fourth.wait(60)
            return Talk(is_cut=True, read=9_000)
        if find_first_page(asked) == 13:
            fourth.set()
            on.wait()
        return answer_question(asked)

    models.provider.answer = answer
    models.lab.environ["LLM_PRICES"] = "1000,0"  # an answer with its 100 tokens is 0.1 USD
    try:
        models.lab.start(lease=60)
        job = models.submit("long", make_long_pdf(6), max_cost_usd=70)  # ten for each, of which nine are spent
        assert fourth.wait(60)
        journal = models.lab.folder / "step_events.txt"
        wait_until(
            lambda: "resume_analysis started" in journal.read_text() or None,
            lambda: f"{models.lab.log_tails}",
            timeout=90,
        )
        models.wait_for_result(models.submit("other"))
    finally:
        on.set()
    cost = wait_for_result(models.lab, job).cost_usd
    questions = Counter(asked.headers["x-client-request-id"] for asked in models.provider.asked)
    assert set(questions.values()) == {1}
    assert len(questions) == 6 + 2 + 1 + 1  # chunks, the halves of one, the summary, and the other job
    assert cost == pytest.approx(9 + 8 * 0.1)
