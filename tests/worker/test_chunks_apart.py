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
from tests.worker.shop import Shop, shop_in
from tests.worker.site import Site


@pytest.fixture
def shop(server: ServerProcess, site: Site, tmp_path: Path) -> Iterator[Shop]:
    """A server of each kind, documents, and workers that ask a shop.provider."""
    with shop_in(server, site, tmp_path / "hall", fine) as shop:
        yield shop


def test_many_chunks_are_read_in_rows_and_no_more_than_three_at_once(shop: Shop) -> None:
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

    shop.provider.answer = answer
    shop.hall.start(lease=60)
    job = shop.hall.submit("long", text_of(25))
    assert result(shop.hall, job).summary == "all of it"
    assert Counter(first_page(asked) for asked in shop.provider.asked) == {0: 1, **{4 * n + 1: 1 for n in range(25)}}
    assert most[0] <= 3
    parts = shop.hall.parts(job)
    assert max(Counter(part.tags["resonate:parent"] for part in parts).values()) <= 16
    groups = Counter(part.tags.get("resonate:target") for part in parts)
    assert (groups["poll://any@chunks"], groups["poll://any@documents"]) == (25, 9)


def blocked(until: threading.Event) -> Callable[[Asked], Reply]:
    """Keep all who ask about a long text waiting."""

    def answer(asked: Asked) -> Reply:
        assert len(asked.text) < 10_000 or until.wait(60)
        return fine(asked)

    return answer


def wait_for_questions(shop: Shop) -> None:
    """Return once as many are under way as a job may have."""
    asked = shop.provider.asked
    wait_until(lambda: len(asked) == 3 or None, lambda: f"{len(asked)} {shop.hall.said}", timeout=90)


@EMBEDDED_SERVER
def test_chunks_that_wait_for_a_model_keep_no_other_job_waiting(shop: Shop) -> None:
    """Not even on a worker that runs one at a time."""
    answers = threading.Event()
    shop.provider.answer = blocked(answers)
    shop.hall.environ["WORKER_CONCURRENCY"] = "1"
    worker = shop.hall.start(lease=60)
    job = shop.hall.submit("long", text_of(6))
    wait_for_questions(shop)
    worker.wait_for("chunks running", 3)
    other = shop.hall.submit("short", documents.pdf("This page carries a text layer that is long enough"))
    assert result(shop.hall, other).page_count == 1
    assert shop.hall.client.get(job).state == "pending"
    answers.set()
    assert result(shop.hall, job).summary == "all of it"


@pytest.fixture
def left(shop: Shop) -> str:
    """A job whose chunks nobody reads: its worker has died, and the one that is there has no model."""
    answers = threading.Event()
    shop.provider.answer = blocked(answers)
    first = shop.hall.start(lease=2)
    job = shop.hall.submit("long", text_of(6))
    wait_for_questions(shop)
    first.kill()
    answers.set()
    shop.hall.environ["ANALYZER"] = "extractive"
    shop.hall.start(lease=60)
    return job


@EMBEDDED_SERVER
def test_chunks_whose_model_was_taken_away_fail_their_job_after_a_while_and_say_why(shop: Shop, left: str) -> None:
    """A worker without a model leaves them to others in five rounds."""
    for _ in range(4):
        for sleep in sleeping(shop.hall, left, 3):
            assert seconds(sleep) >= 60
            end(shop.hall, sleep)
    error = shop.hall.failure(left)
    assert (error["code"], error["step"]) == (Code.ANALYZER_REFUSED, Step.ANALYZE)
    assert "the analyzer was changed" in error["message"]


@EMBEDDED_SERVER
def test_chunks_that_were_left_are_read_when_a_worker_with_a_model_is_there_again(shop: Shop, left: str) -> None:
    asleep = sleeping(shop.hall, left, 3)
    shop.hall.crew[1].kill()
    shop.hall.environ["ANALYZER"] = "openai:some-model"
    shop.hall.start(lease=60)
    for sleep in asleep:
        end(shop.hall, sleep)
    assert result(shop.hall, left).summary == "all of it"
    assert shop.provider.paid >= 7


@EMBEDDED_SERVER
def test_a_few_chunks_stay_one_step(shop: Shop) -> None:
    shop.hall.start(lease=60)
    job = shop.hall.submit("short", text_of(4))
    assert result(shop.hall, job).summary == "all of it"
    assert shop.hall.elsewhere(job) == []
    assert shop.provider.paid == 5


@EMBEDDED_SERVER
def test_a_long_text_that_rules_read_stays_one_step(shop: Shop) -> None:
    shop.hall.environ["ANALYZER"] = "extractive"
    shop.hall.start(lease=60)
    job = shop.hall.submit("long", text_of(6))
    assert result(shop.hall, job).analyzer == "extractive"
    assert shop.hall.elsewhere(job) == []


@EMBEDDED_SERVER
def test_a_chunk_that_needs_more_than_its_share_has_nothing_asked_twice(shop: Shop) -> None:
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

    shop.provider.answer = answer
    shop.hall.environ["LLM_PRICES"] = "1000,0"  # an answer with its 100 tokens is 0.1 USD
    try:
        shop.hall.start(lease=60)
        job = shop.submit("long", text_of(6), max_cost_usd=70)  # ten for each, of which nine are spent
        assert fourth.wait(60)
        journal = shop.hall.folder / "journal.txt"
        wait_until(lambda: "go_on started" in journal.read_text() or None, lambda: f"{shop.hall.said}", timeout=90)
        shop.result(shop.submit("other"))
    finally:
        on.set()
    cost = result(shop.hall, job).cost_usd
    questions = Counter(asked.headers["x-client-request-id"] for asked in shop.provider.asked)
    assert set(questions.values()) == {1}
    assert len(questions) == 6 + 2 + 1 + 1  # chunks, the halves of one, the summary, and the other job
    assert cost == pytest.approx(9 + 8 * 0.1)
