"""What is paid for is paid once, whatever dies in between."""

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
from tests.analysis.payer import DOCUMENT
from tests.analysis.provider import ModelRequest, Provider, Reply, serve_provider
from worker.adapters.object_store import Store
from worker.costs.ledger import Ledger, Paid, bill_to, key_of
from worker.providers.retries import RetryPolicy

ANSWERS = len(DOCUMENT) + 1  # one for each part, and the summary


def start(provider: Provider, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.analysis.payer", provider.url, *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill(worker: subprocess.Popen[str]) -> None:
    worker.kill()
    worker.communicate()


def finish(provider: Provider, store: str) -> Analysis:
    """Run it to its end."""
    with start(provider, store) as worker:
        told, _ = worker.communicate()
    assert worker.returncode == 0
    return Analysis.model_validate_json(told)


def fine(_: ModelRequest) -> Reply:
    return {"summary": "fine"}


@pytest.mark.parametrize("kept", [1, len(DOCUMENT), ANSWERS])
def test_a_worker_killed_between_answer_and_checkpoint_pays_nothing_twice(tmp_path: Path, kept: int) -> None:
    """The last one has paid for everything when it is killed, and the next one pays for nothing at all."""
    store = (tmp_path / "store").as_uri()
    with serve_provider(fine) as provider:
        worker = start(provider, store, str(kept))
        assert worker.stdout
        assert worker.stdout.readline() == "kept\n"
        kill(worker)
        paid = len([*(tmp_path / "store").rglob("answer.json")])
        assert provider.paid >= paid >= kept
        analysis = finish(provider, store)
        assert analysis.summary == "fine"
        assert analysis.usage
        assert (analysis.usage.answers, analysis.usage.found) == (ANSWERS, paid)
        if kept in (len(DOCUMENT), ANSWERS):  # then nothing was on its way
            assert provider.paid == ANSWERS


def test_a_worker_killed_while_it_waits_asks_again_under_the_same_id(tmp_path: Path) -> None:
    """Only the provider knows whether it charges for that answer; the request id marks it as the same question."""
    store = (tmp_path / "store").as_uri()
    here, on = threading.Semaphore(0), threading.Event()

    def slow(_: ModelRequest) -> Reply:
        here.release()
        on.wait()
        return {"summary": "fine"}

    with serve_provider(slow) as provider:
        worker = start(provider, store)
        for _ in DOCUMENT:
            here.acquire()
        kill(worker)
        on.set()
        before = {request.headers["x-client-request-id"] for request in provider.requests}
        finish(provider, store)
        after = [request.headers["x-client-request-id"] for request in provider.requests[len(DOCUMENT) :]]
        assert len(before) == len(DOCUMENT)
        assert before <= set(after)
        assert len(after) == ANSWERS


def test_an_answer_that_never_came_is_not_kept(store: Store) -> None:
    async def unable(_: str) -> bytes:
        raise ConnectionError

    async def able(request: str) -> bytes:
        return request.encode()

    ledger = Ledger(store)
    with pytest.raises(ConnectionError):
        asyncio.run(ledger.pay_once("key", unable))
    assert asyncio.run(ledger.pay_once("key", able)).is_found is False
    assert asyncio.run(ledger.pay_once("key", unable)).answer == b"key"


class Full(Store):
    """A store that has no room for answers, so many times."""

    left = 0

    async def create(self, key: str, data: bytes) -> Reference:
        if self.left and key.endswith("answer.json"):
            self.left -= 1
            raise TemporaryError(Code.STORE_FAILED, "no space left on device")
        return await super().create(key, data)


class CountingProvider:
    """Counts what was paid."""

    def __init__(self, *answers: bytes) -> None:
        self.paid: list[str] = []
        self._answers = list(answers)

    async def __call__(self, request: str) -> bytes:
        self.paid.append(request)
        return self._answers.pop(0) if self._answers else b"an answer"


def test_an_answer_that_cannot_be_written_is_written_again_and_not_paid_again(
    tmp_path: Path, patience: RetryPolicy, waited: list[float]
) -> None:
    store, provider = Full.open(tmp_path.as_uri()), CountingProvider()
    store.left = 3
    assert asyncio.run(Ledger(store, patience=patience).pay_once("key", provider)).answer == b"an answer"
    assert (len(provider.paid), waited) == (1, [1.0, 2.0, 4.0])
    assert asyncio.run(Ledger(store).pay_once("key", provider)).is_found
    assert len(provider.paid) == 1


def test_an_answer_that_could_not_be_written_for_long_is_not_paid_again_by_the_next_try(
    tmp_path: Path, patience: RetryPolicy
) -> None:
    """The step has failed meanwhile; it is on the bill of the job that paid, and on no other."""
    store, provider = Full.open(tmp_path.as_uri()), CountingProvider()
    ledger, store.left = Ledger(store, patience=patience), 6
    with pytest.raises(TemporaryError, match="no space left"):
        in_part("one", "job-1", lambda: ledger.pay_once("key", provider))
    assert not [*tmp_path.rglob("answer.json")]
    store.left = 1
    paid = in_part("one", "job-1", lambda: ledger.pay_once("key", provider))
    assert (paid.answer, paid.is_billed, len(provider.paid)) == (b"an answer", True, 1)
    assert not in_part("other", "job-2", lambda: Ledger(store).pay_once("key", provider)).is_billed


def test_an_unwritable_store_is_found_before_a_provider_is_paid(tmp_path: Path) -> None:
    store, provider = Store.open((tmp_path / "store").as_uri()), CountingProvider()
    (tmp_path / "store" / "paid").write_text("in the way")
    with pytest.raises(TemporaryError):
        asyncio.run(Ledger(store).pay_once("key", provider))
    assert provider.paid == []


def in_part[T](run: str, job: str, work: Callable[[], Awaitable[T]]) -> T:
    """Do some work of a part of a job, in a run as a worker has them."""
    done: list[T] = []

    async def work_on_bill() -> None:
        with bill_to(job):
            done.append(await work())

    error = asyncio.run(Run(run, 0, Tools()).execute(work_on_bill()))
    if error:
        raise error
    return done[0]


def test_two_parts_of_a_job_with_the_same_page_have_it_on_one_bill(store: Store) -> None:
    """Also when both come a second time, because their worker has died: each finds its own answers only."""
    provider = CountingProvider()

    def part(run: str) -> Paid:
        return in_part(run, "job-1", lambda: Ledger(store).pay_once("key", provider))

    for _ in range(2):
        assert [part(run).is_billed for run in ("doc/job-1:2", "doc/job-1:3")] == [True, False]
    assert len(provider.paid) == 1


def test_the_job_that_pays_has_the_answer_on_its_bill(store: Store) -> None:
    """The first job was canceled while its question was on its way."""

    async def cancel(_: str) -> bytes:
        raise asyncio.CancelledError

    provider, ledger = CountingProvider(), Ledger(store)

    async def first() -> None:
        with bill_to("job-1"), pytest.raises(asyncio.CancelledError):
            await ledger.pay_once("key", cancel)

    asyncio.run(first())
    for _ in range(2):  # with a death in between
        assert in_part("doc/job-2", "job-2", lambda: Ledger(store).pay_once("key", provider)).is_billed
    assert not in_part("doc/job-1", "job-1", lambda: ledger.pay_once("key", provider)).is_billed
    assert len(provider.paid) == 1


def test_an_answer_of_no_use_is_asked_for_anew_by_another_job_and_by_no_other_than_that(store: Store) -> None:
    provider = CountingProvider(b"rubbish", b"an answer")

    def job(name: str) -> Paid:
        return in_part(name, name, lambda: Ledger(store).pay_once("key", provider, lambda answer: answer != b"rubbish"))

    assert [job("one").answer for _ in range(2)] == [b"rubbish"] * 2
    paid = [job(name) for name in ("other", "third")]
    assert [(one.answer, one.is_billed) for one in paid] == [(b"an answer", True), (b"an answer", False)]
    assert len(set(provider.paid)) == 2  # two questions


def test_only_the_very_same_question_has_the_same_key() -> None:
    assert key_of("a", "b") == key_of("a", "b")
    assert len({key_of("a", "b"), key_of("ab"), key_of("ab", ""), key_of("", "ab"), key_of("b", "a")}) == 5
