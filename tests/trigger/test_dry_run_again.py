"""Who asks again what a job would take: the same answer for a moment, and a new one when something may have changed."""

import base64
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from contract.answers import DryRun, Failed
from contract.job import DocumentRequest
from lambdas.trigger.dry_run import dry_run
from lambdas.trigger.errors import ProblemError
from local.server_process import ServerProcess
from tests.conformance.target import Json, Target
from wire.client import Client
from wire.clock import Clock
from wire.records import Promise
from wire.requests import PromiseSearch

from .conftest import JOB, Body

HOUR = 2_500_000 * 3_600  # one begins then, long after today: the engine's clock, which is the real one, ends nothing
AWAY = {"code": "document_unavailable", "message": "its server did not answer", "step": "look", "retry": True}
GONE = {"code": "document_not_found", "message": "404", "step": "look", "retry": False}
LOCKED = {"code": "document_encrypted", "message": "another password", "step": "look", "retry": False}


@dataclass
class Counter:
    """Requests at seconds of an hour, and a worker that answers each at once; `trouble` is what it fails with."""

    client: Client
    target: Target
    trouble: Callable[[Body], Body | None] = lambda _: None
    looked: list[int] = field(default_factory=list)  # when a document was

    def ask(self, at: int, **changes: object) -> str:
        """Return how it ended: done, or the code of the failure."""
        clock = Clock(now=lambda: HOUR + at, monotonic=lambda: 0.0, sleep=lambda _: self.work(at))
        answer = dry_run(DocumentRequest.model_validate(JOB | changes), self.client, clock)
        match answer:
            case DryRun():
                return "done"
            case Failed(error=error):
                return error.code

    def work(self, at: int) -> None:
        """Do what a worker does, all of it at this second."""
        for promise in self.promises("pending"):
            [job] = json.loads(base64.b64decode(promise.param.data or ""))["args"]
            error = self.trouble(job)
            value = {"__type": "error", "message": json.dumps(error)} if error else {"pages": 1}
            settled: Json = {
                "id": promise.id,
                "state": "rejected" if error else "resolved",
                "value": {"data": base64.b64encode(json.dumps(value).encode()).decode()},
            }
            assert self.target.call("promise.settle", settled, (HOUR + at) * 1_000).status == 200
            self.looked.append(at)

    def promises(self, *states: str) -> list[Promise]:
        """The estimates, in the order of their numbers."""
        found = self.client.search_all(PromiseSearch(tags={"longhand:kind": "estimate"}))
        return sorted((one for one in found if not states or one.state in states), key=lambda one: len(one.id))


@pytest.fixture
def counter(client: Client, running: ServerProcess) -> Iterator[Counter]:
    with closing(Target("embedded", running.url)) as target:
        yield Counter(client, target)


@pytest.mark.parametrize("trouble", [AWAY, GONE], ids=["away", "gone"])
def test_a_failure_is_answered_again_for_a_moment_and_then_found_out_anew(counter: Counter, trouble: Body) -> None:
    """A client that repeats its request starts no second estimate; one that mends the document gets one."""
    counter.trouble = lambda _: trouble
    assert [counter.ask(at) for at in (0, 1, 4)] == [trouble["code"]] * 3
    counter.trouble = lambda _: None
    assert [counter.ask(at) for at in (4, 5, 6, 3_000)] == [trouble["code"], "done", "done", "done"]
    assert counter.looked == [0, 5]


def test_a_server_that_was_away_for_a_minute_is_known_to_be_back_within_another(counter: Counter) -> None:
    answers = []
    for at in range(0, 130, 3):
        counter.trouble = lambda _, at=at: AWAY if at < 60 else None  # type: ignore[misc]
        answers.append((at, counter.ask(at)))
    back = min(at for at, answer in answers if answer == "done")
    assert 60 <= back < 120
    assert {answer for at, answer in answers if at >= back} == {"done"}


def test_who_asks_all_the_hour_has_an_answer_each_time_and_few_estimates(counter: Counter) -> None:
    counter.trouble = lambda _: AWAY
    assert {counter.ask(at) for at in range(0, 3_600, 50)} == {"document_unavailable"}
    assert 5 < len(counter.looked) <= 10


def opened_by(word: str) -> Callable[[Body], Body | None]:
    return lambda job: None if job.get("documentPassword") == word else LOCKED


def test_another_password_is_another_estimate_at_once(counter: Counter) -> None:
    """Nobody gets the failure of somebody else's password, nor what somebody else's has opened."""
    counter.trouble = opened_by("right")
    assert counter.ask(0, documentPassword="wrong") == "document_encrypted"
    assert counter.ask(0, documentPassword="right") == "done"
    assert counter.ask(1, documentPassword="wrong") == "document_encrypted"
    assert counter.ask(1) == "document_encrypted"
    assert counter.ask(2, documentPassword="right") == "done"
    assert counter.looked == [0, 0, 1]


def test_nobody_waits_for_the_estimate_with_another_password(counter: Counter) -> None:
    """The first one's worker has not begun when the second asks."""
    request = DocumentRequest.model_validate(JOB | {"documentPassword": "wrong"})
    clock = Clock(now=lambda: HOUR, monotonic=itertools.count(0, 5).__next__, sleep=lambda _: None)
    with pytest.raises(ProblemError):
        dry_run(request, counter.client, clock)
    assert len(counter.promises("pending")) == 1
    counter.trouble = opened_by("right")
    assert counter.ask(1, documentPassword="right") == "done"


def test_no_id_of_an_estimate_tells_of_its_password(counter: Counter) -> None:
    """Every log line of the worker's step has it: a hash in there would give a short password away."""
    for password in (None, "one", "other"):
        counter.ask(0, documentPassword=password)
    first, *others = [one.id for one in counter.promises()]
    assert sorted(others) == [f"{first}-1", f"{first}-2"]


def test_who_tries_passwords_is_stopped_until_the_hour_ends(counter: Counter) -> None:
    counter.trouble = opened_by("word 99")
    tried = (counter.ask(600, documentPassword=f"word {number}") for number in range(100))
    with pytest.raises(ProblemError) as caught:
        assert set(tried) == {"document_encrypted"}
    assert (caught.value.status, caught.value.code) == (429, "too_many_estimates")
    assert caught.value.headers == {"Retry-After": "3001"}
    assert counter.ask(600, documentPassword="word 0") == "document_encrypted"
    assert len(counter.looked) < 40
    assert counter.ask(3_601, documentPassword="word 99") == "done"


def test_an_engine_that_is_slow_to_name_them_all_is_not_asked_longer_than_a_request_lasts(counter: Counter) -> None:
    """The function ends after twenty seconds, and its client would be told nothing."""
    counter.trouble = opened_by("right")
    for number in range(20):
        counter.ask(0, documentPassword=f"{number}")
    asked = itertools.count()
    clock = Clock(now=lambda: HOUR, monotonic=lambda: float(next(asked)), sleep=lambda _: None)
    with pytest.raises(ProblemError) as caught:
        dry_run(DocumentRequest.model_validate(JOB), counter.client, clock)
    assert caught.value.headers == {"Retry-After": "2"}
    assert next(asked) < 17
    assert len(counter.promises()) == 20
