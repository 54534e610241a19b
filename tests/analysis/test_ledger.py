"""Each answer is paid once, even if a worker dies, a write fails or a job is canceled."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from contract.analysis import Analysis
from contract.codes import Code
from contract.reading import Reference
from durable import TemporaryError
from durable.run import Run, Tools
from local.server_process import ROOT
from tests import warm_start
from tests.analysis.analyzer_lab import DOCUMENT
from tests.analysis.provider import ModelRequest, Provider, Reply, serve_provider
from worker.adapters.object_store import Store
from worker.costs.ledger import Ledger, PaidAnswer, bill_to
from worker.costs.request_key import key_of
from worker.providers.retries import RetryPolicy

ANSWERS = len(DOCUMENT) + 1  # one for each chunk, and the summary


def start_payer(provider: Provider, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.analysis.analysis_program", provider.url, *words]
    return warm_start.start(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill_payer(worker: subprocess.Popen[str]) -> None:
    worker.kill()
    worker.communicate()


def run_payer(provider: Provider, store: str) -> Analysis:
    """Run the analysis to its end."""
    with start_payer(provider, store) as worker:
        output, _ = worker.communicate()
    assert worker.returncode == 0
    return Analysis.model_validate_json(output)


def answer_fine(_: ModelRequest) -> Reply:
    return {"summary": "fine"}


@pytest.mark.parametrize("kept", [1, len(DOCUMENT), ANSWERS])
def test_a_worker_killed_between_answer_and_checkpoint_pays_nothing_twice(tmp_path: Path, kept: int) -> None:
    """A worker killed after all answers leaves nothing to pay for its successor."""
    store = (tmp_path / "store").as_uri()
    with serve_provider(answer_fine) as provider:
        worker = start_payer(provider, store, str(kept))
        assert worker.stdout
        assert worker.stdout.readline() == "kept\n"
        kill_payer(worker)
        paid = len([*(tmp_path / "store").rglob("answer.json")])
        assert provider.paid >= paid >= kept
        analysis = run_payer(provider, store)
        assert analysis.summary == "fine"
        assert analysis.model_answers
        assert (analysis.model_answers.count, analysis.model_answers.reused) == (ANSWERS, paid)
        if kept in (len(DOCUMENT), ANSWERS):  # then no request was pending
            assert provider.paid == ANSWERS


def test_a_worker_killed_during_a_request_repeats_it_with_the_same_id(tmp_path: Path) -> None:
    """Only the provider knows whether it charges twice; the request id marks both requests as the same."""
    store = (tmp_path / "store").as_uri()
    arrived, resumed = threading.Semaphore(0), threading.Event()

    def slow(_: ModelRequest) -> Reply:
        arrived.release()
        resumed.wait()
        return {"summary": "fine"}

    with serve_provider(slow) as provider:
        worker = start_payer(provider, store)
        for _ in DOCUMENT:
            arrived.acquire()
        kill_payer(worker)
        resumed.set()
        before = {request.headers["x-client-request-id"] for request in provider.requests}
        run_payer(provider, store)
        after = [request.headers["x-client-request-id"] for request in provider.requests[len(DOCUMENT) :]]
        assert len(before) == len(DOCUMENT)
        assert before <= set(after)
        assert len(after) == ANSWERS


def test_a_failed_request_stores_no_answer(store: Store) -> None:
    async def fail_payment(_: str) -> bytes:
        raise ConnectionError

    async def pay(request: str) -> bytes:
        return request.encode()

    ledger = Ledger(store)
    with pytest.raises(ConnectionError):
        asyncio.run(ledger.pay_once("key", fail_payment))
    assert asyncio.run(ledger.pay_once("key", pay)).is_reused is False
    assert asyncio.run(ledger.pay_once("key", fail_payment)).answer == b"key"


class FullStore(Store):
    """A store that refuses the next `refusals_left` answers: the disk is full."""

    refusals_left = 0

    async def create(self, key: str, data: bytes) -> Reference:
        if self.refusals_left and key.endswith("answer.json"):
            self.refusals_left -= 1
            raise TemporaryError(Code.STORE_FAILED, "no space left on device")
        return await super().create(key, data)


class CountingProvider:
    """Record each paid request."""

    def __init__(self, *answers: bytes) -> None:
        self.paid: list[str] = []
        self._answers = list(answers)

    async def __call__(self, request: str) -> bytes:
        self.paid.append(request)
        return self._answers.pop(0) if self._answers else b"an answer"


def test_a_failed_write_of_an_answer_is_retried_without_a_second_payment(
    tmp_path: Path, retry_policy: RetryPolicy, waited: list[float]
) -> None:
    store, provider = FullStore.open(tmp_path.as_uri()), CountingProvider()
    store.refusals_left = 3
    assert asyncio.run(Ledger(store, retry_policy=retry_policy).pay_once("key", provider)).answer == b"an answer"
    assert (len(provider.paid), waited) == (1, [1.0, 2.0, 4.0])
    assert asyncio.run(Ledger(store).pay_once("key", provider)).is_reused
    assert len(provider.paid) == 1


def test_the_next_attempt_stores_an_unwritten_answer_without_a_second_payment(
    tmp_path: Path, retry_policy: RetryPolicy
) -> None:
    """The step has failed meanwhile; the answer is billed to the paying job only."""
    store, provider = FullStore.open(tmp_path.as_uri()), CountingProvider()
    ledger, store.refusals_left = Ledger(store, retry_policy=retry_policy), 6
    with pytest.raises(TemporaryError, match="no space left"):
        run_billed("one", "job-1", lambda: ledger.pay_once("key", provider))
    assert not [*tmp_path.rglob("answer.json")]
    store.refusals_left = 1
    paid = run_billed("one", "job-1", lambda: ledger.pay_once("key", provider))
    assert (paid.answer, paid.is_billed, len(provider.paid)) == (b"an answer", True, 1)
    assert not run_billed("other", "job-2", lambda: Ledger(store).pay_once("key", provider)).is_billed


def test_an_unwritable_store_fails_before_a_provider_is_paid(tmp_path: Path) -> None:
    store, provider = Store.open((tmp_path / "store").as_uri()), CountingProvider()
    (tmp_path / "store" / "paid").write_text("in the way")
    with pytest.raises(TemporaryError):
        asyncio.run(Ledger(store).pay_once("key", provider))
    assert provider.paid == []


def run_billed[T](run: str, job: str, work: Callable[[], Awaitable[T]]) -> T:
    """Run work that is billed to a job, in a run of a worker."""
    done: list[T] = []

    async def work_on_bill() -> None:
        with bill_to(job):
            done.append(await work())

    error = asyncio.run(Run(run, 0, Tools()).execute(work_on_bill()))
    if error:
        raise error
    return done[0]


def test_two_parts_of_a_job_with_the_same_page_are_billed_once(store: Store) -> None:
    """The bills stay the same when both parts run again after a crash."""
    provider = CountingProvider()

    def part(run: str) -> PaidAnswer:
        return run_billed(run, "job-1", lambda: Ledger(store).pay_once("key", provider))

    for _ in range(2):
        assert [part(run).is_billed for run in ("doc/job-1:2", "doc/job-1:3")] == [True, False]
    assert len(provider.paid) == 1


def test_the_paying_job_is_billed(store: Store) -> None:
    """The first job was canceled during its request."""

    async def cancel(_: str) -> bytes:
        raise asyncio.CancelledError

    provider, ledger = CountingProvider(), Ledger(store)

    async def first() -> None:
        with bill_to("job-1"), pytest.raises(asyncio.CancelledError):
            await ledger.pay_once("key", cancel)

    asyncio.run(first())
    for _ in range(2):  # the second time as after a crash
        assert run_billed("doc/job-2", "job-2", lambda: Ledger(store).pay_once("key", provider)).is_billed
    assert not run_billed("doc/job-1", "job-1", lambda: ledger.pay_once("key", provider)).is_billed
    assert len(provider.paid) == 1


def test_one_other_job_repeats_the_request_of_an_unusable_answer(store: Store) -> None:
    provider = CountingProvider(b"rubbish", b"an answer")

    def job(name: str) -> PaidAnswer:
        return run_billed(
            name, name, lambda: Ledger(store).pay_once("key", provider, lambda answer: answer != b"rubbish")
        )

    assert [job("one").answer for _ in range(2)] == [b"rubbish"] * 2
    paid = [job(name) for name in ("other", "third")]
    assert [(one.answer, one.is_billed) for one in paid] == [(b"an answer", True), (b"an answer", False)]
    assert len(set(provider.paid)) == 2  # two distinct requests


def test_only_identical_requests_share_a_key() -> None:
    assert key_of("a", "b") == key_of("a", "b")
    assert len({key_of("a", "b"), key_of("ab"), key_of("ab", ""), key_of("", "ab"), key_of("b", "a")}) == 5
