"""The chunks of a long text have a worker group of their own: they delay no other job, and none is abandoned."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.codes import Code
from contract.names import Step
from local.server_process import ServerProcess
from tests.analysis.provider import ModelRequest, RawReply, Reply
from tests.durable.worker_lab import EMBEDDED_SERVER, end_leases
from tests.waiting import TIMEOUT_SECONDS, wait_until
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
    """A server of each kind, documents, and workers that ask a model provider."""
    with open_model_lab(server, site, tmp_path / "lab", answer_question) as models:
        yield models


def test_a_job_reads_many_chunks_in_groups_with_three_questions_at_a_time(models: ModelLab) -> None:
    """Twenty-five chunks are more than a job waits for at once: no promise has more than sixteen children."""
    lock, running, max_running = threading.Lock(), [0], [0]

    def answer(asked: ModelRequest) -> Reply:
        with lock:
            running[0] += 1
            max_running[0] = max(max_running[0], running[0])
        try:
            return answer_question(asked)
        finally:
            with lock:
                running[0] -= 1

    models.provider.answer = answer
    models.lab.start()
    job = models.lab.submit("long", make_long_pdf(25))
    assert wait_for_result(models.lab, job).summary == "all of it"
    assert Counter(find_first_page(asked) for asked in models.provider.requests) == {
        0: 1,
        **{4 * n + 1: 1 for n in range(25)},
    }
    assert max_running[0] <= 3
    parts = models.lab.find_parts(job)
    assert max(Counter(part.tags["resonate:parent"] for part in parts).values()) <= 16
    groups = Counter(part.tags.get("resonate:target") for part in parts)
    assert (groups["poll://any@chunks"], groups["poll://any@documents"]) == (25, 4)


def delay_answers(until: threading.Event) -> Callable[[ModelRequest], Reply]:
    """Return an answer function that delays every answer about a long text."""

    def answer(asked: ModelRequest) -> Reply:
        assert len(asked.text) < 10_000 or until.wait(TIMEOUT_SECONDS)
        return answer_question(asked)

    return answer


def wait_for_questions(models: ModelLab) -> None:
    """Return once a job has asked as many questions as it may at a time."""
    asked = models.provider.requests
    wait_until(lambda: len(asked) == 3 or None, lambda: f"{len(asked)} {models.lab.log_tails}")


@EMBEDDED_SERVER
def test_chunks_that_wait_for_a_model_do_not_delay_other_jobs(models: ModelLab) -> None:
    """Not even on a worker with a concurrency of one."""
    answers = threading.Event()
    models.provider.answer = delay_answers(answers)
    models.lab.environ["WORKER_CONCURRENCY"] = "1"
    worker = models.lab.start()
    job = models.lab.submit("long", make_long_pdf(6))
    wait_for_questions(models)
    worker.wait_for("chunks running", 3)
    other = models.lab.submit("short", documents.make_pdf("This page carries a text layer that is long enough"))
    assert wait_for_result(models.lab, other).page_count == 1
    assert models.lab.client.get(job).state == "pending"
    answers.set()
    assert wait_for_result(models.lab, job).summary == "all of it"


@pytest.fixture
def waiting_job(models: ModelLab) -> str:
    """A job whose chunks no worker can read: its worker died, and the other worker has no model."""
    answers = threading.Event()
    models.provider.answer = delay_answers(answers)
    first = models.lab.start()
    job = models.lab.submit("long", make_long_pdf(6))
    wait_for_questions(models)
    first.kill()
    answers.set()
    models.lab.environ["ANALYZER"] = "extractive"
    models.lab.start()
    end_leases(models.lab.client, first)
    return job


@EMBEDDED_SERVER
def test_a_job_fails_with_the_reason_when_no_worker_has_its_model(models: ModelLab, waiting_job: str) -> None:
    """A worker without the model tries five times, and leaves the chunks to other workers in between."""
    for _ in range(4):
        for sleep in wait_for_sleeps(models.lab, waiting_job, 3):
            assert get_seconds(sleep) >= 60
            end_sleep(models.lab, sleep)
    error = models.lab.wait_for_failure(waiting_job)
    assert (error["code"], error["step"]) == (Code.ANALYZER_REFUSED, Step.ANALYZE)
    assert "a new analyzer cannot read chunks" in error["message"]


@EMBEDDED_SERVER
def test_waiting_chunks_are_read_once_a_worker_with_the_model_starts(models: ModelLab, waiting_job: str) -> None:
    asleep = wait_for_sleeps(models.lab, waiting_job, 3)
    without_model = models.lab.workers[1]
    without_model.kill()
    models.lab.environ["ANALYZER"] = "openai:some-model"
    models.lab.start()
    end_leases(models.lab.client, without_model)
    for sleep in asleep:
        end_sleep(models.lab, sleep)
    assert wait_for_result(models.lab, waiting_job).summary == "all of it"
    assert models.provider.paid >= 7


@EMBEDDED_SERVER
def test_a_few_chunks_are_read_in_one_step(models: ModelLab) -> None:
    models.lab.start()
    job = models.lab.submit("short", make_long_pdf(4))
    assert wait_for_result(models.lab, job).summary == "all of it"
    assert models.lab.find_global_parts(job) == []
    assert models.provider.paid == 5


@EMBEDDED_SERVER
def test_rules_read_a_long_text_in_one_step(models: ModelLab) -> None:
    models.lab.environ["ANALYZER"] = "extractive"
    models.lab.start()
    job = models.lab.submit("long", make_long_pdf(6))
    assert wait_for_result(models.lab, job).analyzer == "extractive"
    assert models.lab.find_global_parts(job) == []


@EMBEDDED_SERVER
def test_a_chunk_that_exceeds_its_share_causes_no_question_twice(models: ModelLab) -> None:
    """The fourth chunk still waits for its answer when the first one fails; then one step resumes the whole text."""
    fourth, proceed = threading.Event(), threading.Event()

    def answer(asked: ModelRequest) -> Reply:
        if find_first_page(asked) == 1 and len(asked.text) > 10_000:
            fourth.wait(TIMEOUT_SECONDS)
            return RawReply(is_cut=True, input_tokens=9_000)
        if find_first_page(asked) == 13:
            fourth.set()
            proceed.wait()
        return answer_question(asked)

    def find_failed_parts() -> list[str]:
        return [part.id for part in models.lab.find_parts(job) if part.state == "rejected"]

    models.provider.answer = answer
    models.lab.environ["LLM_PRICES"] = "1000,0"  # an answer with its 100 tokens is 0.1 USD
    try:
        models.lab.start()
        # ten dollars for each chunk, of which the first spends nine
        job = models.submit("long", make_long_pdf(6), max_cost_usd=70)
        assert fourth.wait(TIMEOUT_SECONDS)
        wait_until(lambda: find_failed_parts() or None, lambda: f"{models.lab.log_tails}")
        models.wait_for_result(models.submit("other"))
    finally:
        proceed.set()
    cost = wait_for_result(models.lab, job).cost_usd
    questions = Counter(asked.headers["x-client-request-id"] for asked in models.provider.requests)
    assert set(questions.values()) == {1}
    assert len(questions) == 6 + 2 + 1 + 1  # the chunks, the two halves of one, the summary, and the other job
    assert cost == pytest.approx(9 + 8 * 0.1)
