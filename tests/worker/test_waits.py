"""A throttled request sleeps durably: to the document's server, to the model provider, for one chunk of a text.

The server and the workers are real, the provider listens on the loopback address. A test ends a sleep itself, in the
same way as the server ends it when its time is over.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from contract.codes import Code
from contract.job import DocumentJob, DocumentType
from contract.names import DOCUMENTS_ADDRESS, PROCESS_DOCUMENT, promise_id
from tests.analysis.provider import ModelRequest, Provider, Refusal, Reply, serve_provider
from tests.durable.worker_lab import EMBEDDED_SERVER, end_leases
from tests.sources.flaky_site import FlakySite, serve_flaky_site
from tests.waiting import wait_until
from tests.worker import documents
from tests.worker.document_lab import DocumentLab
from tests.worker.long_text import (
    answer_question,
    end_sleep,
    find_first_page,
    find_sleeps,
    get_seconds,
    make_long_pdf,
    wait_for_result,
    wait_for_sleeps,
)

RETRY_AFTER_HEADERS = {"Retry-After": "60"}


@pytest.fixture
def provider(lab: DocumentLab) -> Iterator[Provider]:
    """A provider that answers every question until a test changes its answers."""
    with serve_provider(answer_question) as provider:
        lab.environ |= {"ANALYZER": "openai:some-model", "LLM_BASE_URL": f"{provider.url}/v1"}
        yield provider


def refuse_once(number: int, refusal: Refusal) -> Callable[[ModelRequest], Reply]:
    """Return an answer that refuses the first question about this page only."""
    refusals = threading.Semaphore(1)

    def answer(asked: ModelRequest) -> Reply:
        return (
            refusal if find_first_page(asked) == number and refusals.acquire(blocking=False) else answer_question(asked)
        )

    return answer


def test_a_throttled_chunk_sleeps_durably_while_the_others_continue(lab: DocumentLab, provider: Provider) -> None:
    """Six chunks, three at a time: five are answered before the retry of the sixth, and no answer is paid twice."""
    provider.answer = refuse_once(1, Refusal(429, headers=RETRY_AFTER_HEADERS))
    lab.start()
    job = lab.submit("long", make_long_pdf(6))
    [sleep] = wait_for_sleeps(lab, job)
    assert 59.9 <= get_seconds(sleep) <= 60 + 15
    wait_until(lambda: provider.paid == 5 or None, lambda: f"{provider.paid} {lab.log_tails}")
    assert lab.client.get(job).state == "pending"
    end_sleep(lab, sleep)
    done = wait_for_result(lab, job)
    assert done.summary == "all of it"
    assert Counter(find_first_page(asked) for asked in provider.requests) == {
        1: 2,
        5: 1,
        9: 1,
        13: 1,
        17: 1,
        21: 1,
        0: 1,
    }
    assert done.model_answers
    assert (done.model_answers.count, done.model_answers.reused, done.model_answers.input_tokens) == (7, 0, 700)
    assert done.usage["analyze"].input_tokens == 700


def test_a_worker_that_dies_while_a_chunk_sleeps_loses_no_answer(lab: DocumentLab, provider: Provider) -> None:
    provider.answer = refuse_once(5, Refusal(503, headers=RETRY_AFTER_HEADERS))
    first = lab.start()
    job = lab.submit("long", make_long_pdf(6))
    [sleep] = wait_for_sleeps(lab, job)

    def rest_is_read() -> bool | None:
        return [part.state for part in lab.find_global_parts(job)].count("resolved") == 5 or None

    wait_until(rest_is_read, lambda: f"{lab.find_global_parts(job)} {lab.log_tails}")
    first.kill()
    end_sleep(lab, sleep)
    lab.start()
    end_leases(lab.client, first)
    assert wait_for_result(lab, job).summary == "all of it"
    assert Counter(find_first_page(asked) for asked in provider.requests) == {
        1: 1,
        5: 2,
        9: 1,
        13: 1,
        17: 1,
        21: 1,
        0: 1,
    }


@EMBEDDED_SERVER
def test_a_permanent_refusal_fails_the_job_and_ends_the_questions(lab: DocumentLab, provider: Provider) -> None:
    provider.answer = lambda _: Refusal(403)
    lab.start()
    job = lab.submit("long", make_long_pdf(12))
    error = lab.wait_for_failure(job)
    assert error["code"] == Code.ANALYZER_REFUSED
    assert len(provider.requests) <= 3
    assert find_sleeps(lab, job) == []


@EMBEDDED_SERVER
@pytest.mark.parametrize("retry_after", ["7200", "1000000000000"])
def test_a_wait_beyond_the_deadline_fails_at_once_with_its_reason(
    lab: DocumentLab, provider: Provider, retry_after: str
) -> None:
    provider.answer = lambda _: Refusal(429, headers={"Retry-After": retry_after})
    lab.environ["MAX_WORK_SECONDS"] = "3600"
    lab.start()
    job = lab.submit("short", make_long_pdf(1))
    error = lab.wait_for_failure(job)
    assert (error["code"], error["step"]) == ("work_deadline", "analyze")
    assert Code.ANALYZER_UNAVAILABLE in error["message"]
    assert len(provider.requests) == 1
    assert [one for one in lab.find_parts(job) if "resonate:timer" in one.tags] == []


@pytest.fixture
def away() -> Iterator[FlakySite]:
    """A document server that a test can make refuse requests."""
    with serve_flaky_site(FlakySite(documents.make_pdf("This page carries a text layer that is long enough"))) as site:
        yield site


def order(lab: DocumentLab, site: FlakySite) -> str:
    """Record a job for the document of such a server."""
    job = DocumentJob(job_id="away", document_url=site.url, requester_id="client", type=DocumentType.REPORT)
    return lab.start_workflow(promise_id("away"), PROCESS_DOCUMENT, job, DOCUMENTS_ADDRESS)


@pytest.mark.parametrize("status", [429, 503])
def test_a_throttled_download_sleeps_durably(lab: DocumentLab, away: FlakySite, status: int) -> None:
    away.refusals = [(status, RETRY_AFTER_HEADERS)]
    lab.environ["ALLOWED_HOSTS"] = away.host
    lab.start()
    job = order(lab, away)
    [sleep] = wait_for_sleeps(lab, job)
    assert 59.9 <= get_seconds(sleep) <= 60 + 15
    assert len(away.requests) == 1
    progress = wait_until(lambda: lab.read_progress("away"), "progress is written")  # a moment after the step began
    assert progress.step == "download"
    end_sleep(lab, sleep)
    assert wait_for_result(lab, job).page_count == 1
    assert len(away.requests) == 2
