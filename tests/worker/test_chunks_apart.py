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
from tests.worker.long_text import end, fine, first_page, result, seconds, sleeping, text_of
from tests.worker.model_lab import ModelLab, open_model_lab
from tests.worker.site import Site


@pytest.fixture
def models(server: ServerProcess, site: Site, tmp_path: Path) -> Iterator[ModelLab]:
    """A server of each kind, documents, and workers that ask a models.provider."""
    with open_model_lab(server, site, tmp_path / "lab", fine) as models:
        yield models


def test_many_chunks_are_read_in_rows_and_no_more_than_three_at_once(models: ModelLab) -> None:
    """Twenty-five are more than a job waits for; nobody has more than sixteen promises beside it."""
    lock, now, most = threading.Lock(), [0], [0]

    def answer(asked: Asked) -> Reply:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        try:
            return fine(asked)
        finally:
            with lock:
                now[0] -= 1

    models.provider.answer = answer
    models.lab.start(lease=60)
    job = models.lab.submit("long", text_of(25))
    assert result(models.lab, job).summary == "all of it"
    assert Counter(first_page(asked) for asked in models.provider.asked) == {
        0: 1,
        **{4 * n + 1: 1 for n in range(25)},
    }
    assert most[0] <= 3
    parts = models.lab.parts(job)
    assert max(Counter(part.tags["resonate:parent"] for part in parts).values()) <= 16
    groups = Counter(part.tags.get("resonate:target") for part in parts)
    assert (groups["poll://any@chunks"], groups["poll://any@documents"]) == (25, 4)


def blocked(until: threading.Event) -> Callable[[Asked], Reply]:
    """Keep all who ask about a long text waiting."""

    def answer(asked: Asked) -> Reply:
        assert len(asked.text) < 10_000 or until.wait(60)
        return fine(asked)

    return answer


def wait_for_questions(models: ModelLab) -> None:
    """Return once as many are under way as a job may have."""
    asked = models.provider.asked
    wait_until(lambda: len(asked) == 3 or None, lambda: f"{len(asked)} {models.lab.said}", timeout=90)


@EMBEDDED_SERVER
def test_chunks_that_wait_for_a_model_keep_no_other_job_waiting(models: ModelLab) -> None:
    """Not even on a worker that runs one at a time."""
    answers = threading.Event()
    models.provider.answer = blocked(answers)
    models.lab.environ["WORKER_CONCURRENCY"] = "1"
    worker = models.lab.start(lease=60)
    job = models.lab.submit("long", text_of(6))
    wait_for_questions(models)
    worker.wait_for("chunks running", 3)
    other = models.lab.submit("short", documents.pdf("This page carries a text layer that is long enough"))
    assert result(models.lab, other).page_count == 1
    assert models.lab.client.get(job).state == "pending"
    answers.set()
    assert result(models.lab, job).summary == "all of it"


@pytest.fixture
def left(models: ModelLab) -> str:
    """A job whose chunks nobody reads: its worker has died, and the one that is there has no model."""
    answers = threading.Event()
    models.provider.answer = blocked(answers)
    first = models.lab.start(lease=2)
    job = models.lab.submit("long", text_of(6))
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
        for sleep in sleeping(models.lab, left, 3):
            assert seconds(sleep) >= 60
            end(models.lab, sleep)
    error = models.lab.failure(left)
    assert (error["code"], error["step"]) == (Code.ANALYZER_REFUSED, Step.ANALYZE)
    assert "the analyzer was changed" in error["message"]


@EMBEDDED_SERVER
def test_chunks_that_were_left_are_read_when_a_worker_with_a_model_is_there_again(models: ModelLab, left: str) -> None:
    asleep = sleeping(models.lab, left, 3)
    models.lab.crew[1].kill()
    models.lab.environ["ANALYZER"] = "openai:some-model"
    models.lab.start(lease=60)
    for sleep in asleep:
        end(models.lab, sleep)
    assert result(models.lab, left).summary == "all of it"
    assert models.provider.paid >= 7


@EMBEDDED_SERVER
def test_a_few_chunks_stay_one_step(models: ModelLab) -> None:
    models.lab.start(lease=60)
    job = models.lab.submit("short", text_of(4))
    assert result(models.lab, job).summary == "all of it"
    assert models.lab.elsewhere(job) == []
    assert models.provider.paid == 5


@EMBEDDED_SERVER
def test_a_long_text_that_rules_read_stays_one_step(models: ModelLab) -> None:
    models.lab.environ["ANALYZER"] = "extractive"
    models.lab.start(lease=60)
    job = models.lab.submit("long", text_of(6))
    assert result(models.lab, job).analyzer == "extractive"
    assert models.lab.elsewhere(job) == []


@EMBEDDED_SERVER
def test_a_chunk_that_needs_more_than_its_share_has_nothing_asked_twice(models: ModelLab) -> None:
    """Another one, which had begun when the third was done, is still asking when one step goes on for all of them."""
    fourth, on = threading.Event(), threading.Event()

    def answer(asked: Asked) -> Reply:
        if first_page(asked) == 1 and len(asked.text) > 10_000:
            fourth.wait(60)
            return Talk(is_cut=True, read=9_000)
        if first_page(asked) == 13:
            fourth.set()
            on.wait()
        return fine(asked)

    models.provider.answer = answer
    models.lab.environ["LLM_PRICES"] = "1000,0"  # an answer with its 100 tokens is 0.1 USD
    try:
        models.lab.start(lease=60)
        job = models.submit("long", text_of(6), max_cost_usd=70)  # ten for each, of which nine are spent
        assert fourth.wait(60)
        journal = models.lab.folder / "journal.txt"
        wait_until(lambda: "go_on started" in journal.read_text() or None, lambda: f"{models.lab.said}", timeout=90)
        models.result(models.submit("other"))
    finally:
        on.set()
    cost = result(models.lab, job).cost_usd
    questions = Counter(asked.headers["x-client-request-id"] for asked in models.provider.asked)
    assert set(questions.values()) == {1}
    assert len(questions) == 6 + 2 + 1 + 1  # chunks, the halves of one, the summary, and the other job
    assert cost == pytest.approx(9 + 8 * 0.1)
