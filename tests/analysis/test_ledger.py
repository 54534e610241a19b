"""What is paid for is paid once, whatever dies in between."""

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from contract.result import Analysis
from local.servers import ROOT
from tests.analysis.payer import DOCUMENT
from tests.analysis.provider import Asked, Provider, Reply, providing
from worker.ledger import Ledger, key_of
from worker.store import Store

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


def fine(_: Asked) -> Reply:
    return {"summary": "fine"}


@pytest.mark.parametrize("kept", [1, len(DOCUMENT), ANSWERS])
def test_a_worker_killed_between_answer_and_checkpoint_pays_nothing_twice(tmp_path: Path, kept: int) -> None:
    """The last one has paid for everything when it is killed, and the next one pays for nothing at all."""
    store = (tmp_path / "store").as_uri()
    with providing(fine) as provider:
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
    """Nobody here can know whether that answer is charged for; its id says that it is the same question."""
    store = (tmp_path / "store").as_uri()
    here, on = threading.Semaphore(0), threading.Event()

    def slow(_: Asked) -> Reply:
        here.release()
        on.wait()
        return {"summary": "fine"}

    with providing(slow) as provider:
        worker = start(provider, store)
        for _ in DOCUMENT:
            here.acquire()
        kill(worker)
        on.set()
        before = {asked.headers["x-client-request-id"] for asked in provider.asked}
        finish(provider, store)
        after = [asked.headers["x-client-request-id"] for asked in provider.asked[len(DOCUMENT) :]]
        assert len(before) == len(DOCUMENT)
        assert before <= set(after)
        assert len(after) == ANSWERS


def test_two_at_once_agree_on_one_answer(store: Store) -> None:
    """Both may have paid; what counts is one of the two, for both."""
    ledger = Ledger(store)
    both = asyncio.Barrier(2)

    def payer(answer: bytes) -> object:
        async def pay(_: str) -> bytes:
            await both.wait()
            return answer

        return pay

    async def run() -> list[bytes]:
        asked = (ledger.once("key", payer(answer)) for answer in (b"one", b"other"))  # type: ignore[arg-type] # they fit
        return [paid.answer for paid in await asyncio.gather(*asked)]

    one, other = asyncio.run(run())
    assert one == other


def test_an_answer_that_never_came_is_not_kept(store: Store) -> None:
    async def unable(_: str) -> bytes:
        raise ConnectionError

    async def able(request: str) -> bytes:
        return request.encode()

    ledger = Ledger(store)
    with pytest.raises(ConnectionError):
        asyncio.run(ledger.once("key", unable))
    assert asyncio.run(ledger.once("key", able)).is_found is False
    assert asyncio.run(ledger.once("key", unable)).answer == b"key"


def test_only_the_very_same_question_has_the_same_key() -> None:
    assert key_of("a", "b") == key_of("a", "b")
    assert len({key_of("a", "b"), key_of("ab"), key_of("ab", ""), key_of("", "ab"), key_of("b", "a")}) == 5
