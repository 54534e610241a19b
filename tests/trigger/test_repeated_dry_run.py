"""A repeated dry run: the same answer for a short time, and a new estimate when the document may have changed."""

import base64
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from contract.answers import DryRun, Failed
from contract.job import DocumentJob
from durable.wire.client import Client
from durable.wire.clock import Clock
from durable.wire.records import Promise
from durable.wire.requests import PromiseSearch
from lambdas.trigger.dry_run import dry_run
from lambdas.trigger.errors import ProblemError
from local.server_process import ServerProcess
from tests.conformance.target import HttpChannel, Json, Target

from .conftest import JOB, Body

HOUR = 2_500_000 * 3_600  # the start of an hour in the far future: the server's clock, which is real, times out nothing
UNAVAILABLE_ERROR = {
    "code": "document_unavailable",
    "message": "its server did not answer",
    "step": "survey_document",
    "retry": True,
}
MISSING_ERROR = {"code": "document_not_found", "message": "404", "step": "survey_document", "retry": False}
ENCRYPTED_ERROR = {
    "code": "document_encrypted",
    "message": "another password",
    "step": "survey_document",
    "retry": False,
}


@dataclass
class Estimator:
    """Requests at seconds of an hour, and a worker that answers each at once; `fail` returns the error of a job."""

    client: Client
    target: Target
    fail: Callable[[Body], Body | None] = lambda _: None
    estimated: list[int] = field(default_factory=list)  # the seconds of the worker's estimates

    def dry_run(self, at: int, **changes: object) -> str:
        """Return "done", or the code of the failure."""
        clock = Clock(now=lambda: HOUR + at, monotonic=lambda: 0.0, sleep=lambda _: self.work(at))
        answer = dry_run(DocumentJob.read(JOB | changes), self.client, clock)
        match answer:
            case DryRun():
                return "done"
            case Failed(error=error):
                return error.code

    def work(self, at: int) -> None:
        """Settle all pending estimates, as a worker would at this second."""
        for promise in self.promises("pending"):
            [job] = json.loads(base64.b64decode(promise.param.data or ""))["args"]
            error = self.fail(job)
            value = {"__type": "error", "message": json.dumps(error)} if error else {"pages": 1}
            settled: Json = {
                "id": promise.id,
                "state": "rejected" if error else "resolved",
                "value": {"data": base64.b64encode(json.dumps(value).encode()).decode()},
            }
            assert self.target.call("promise.settle", settled, (HOUR + at) * 1_000).status == 200
            self.estimated.append(at)

    def promises(self, *states: str) -> list[Promise]:
        """Return the estimates, in the order of their numbers."""
        found = self.client.search_all(PromiseSearch(tags={"longhand:kind": "estimate"}))
        return sorted((one for one in found if not states or one.state in states), key=lambda one: len(one.id))


@pytest.fixture
def estimator(client: Client, running: ServerProcess) -> Iterator[Estimator]:
    with closing(Target("embedded", HttpChannel(running.url))) as target:
        yield Estimator(client, target)


@pytest.mark.parametrize("error", [UNAVAILABLE_ERROR, MISSING_ERROR], ids=["unavailable", "missing"])
def test_a_failure_is_kept_for_five_seconds_and_then_estimated_anew(estimator: Estimator, error: Body) -> None:
    """A repeated request starts no second estimate; one after the document was repaired does."""
    estimator.fail = lambda _: error
    assert [estimator.dry_run(at) for at in (0, 1, 4)] == [error["code"]] * 3
    estimator.fail = lambda _: None
    assert [estimator.dry_run(at) for at in (4, 5, 6, 3_000)] == [error["code"], "done", "done", "done"]
    assert estimator.estimated == [0, 5]


def test_a_document_that_is_available_again_is_estimated_within_a_minute(estimator: Estimator) -> None:
    answers = []
    for at in range(0, 130, 3):
        estimator.fail = lambda _, at=at: UNAVAILABLE_ERROR if at < 60 else None  # type: ignore[misc]
        answers.append((at, estimator.dry_run(at)))
    back = min(at for at, answer in answers if answer == "done")
    assert 60 <= back < 120
    assert {answer for at, answer in answers if at >= back} == {"done"}


def test_requests_during_the_whole_hour_cause_few_estimates(estimator: Estimator) -> None:
    estimator.fail = lambda _: UNAVAILABLE_ERROR
    assert {estimator.dry_run(at) for at in range(0, 3_600, 50)} == {"document_unavailable"}
    assert 5 < len(estimator.estimated) <= 10


def require_password(word: str) -> Callable[[Body], Body | None]:
    return lambda job: None if job.get("documentPassword") == word else ENCRYPTED_ERROR


def test_another_password_is_another_estimate_at_once(estimator: Estimator) -> None:
    """No request gets the failure or the estimate of another password."""
    estimator.fail = require_password("right")
    assert estimator.dry_run(0, documentPassword="wrong") == "document_encrypted"
    assert estimator.dry_run(0, documentPassword="right") == "done"
    assert estimator.dry_run(1, documentPassword="wrong") == "document_encrypted"
    assert estimator.dry_run(1) == "document_encrypted"
    assert estimator.dry_run(2, documentPassword="right") == "done"
    assert estimator.estimated == [0, 0, 1]


def test_a_request_does_not_wait_for_the_estimate_with_another_password(estimator: Estimator) -> None:
    """The first estimate is still pending when the second request comes."""
    request = DocumentJob.read(JOB | {"documentPassword": "wrong"})
    clock = Clock(now=lambda: HOUR, monotonic=itertools.count(0, 5).__next__, sleep=lambda _: None)
    with pytest.raises(ProblemError):
        dry_run(request, estimator.client, clock)
    assert len(estimator.promises("pending")) == 1
    estimator.fail = require_password("right")
    assert estimator.dry_run(1, documentPassword="right") == "done"


def test_the_id_of_an_estimate_does_not_depend_on_the_password(estimator: Estimator) -> None:
    """Every log line of the worker has the id: a hash in it would give a short password away."""
    for password in (None, "one", "other"):
        estimator.dry_run(0, documentPassword=password)
    first, *others = [one.id for one in estimator.promises()]
    assert sorted(others) == [f"{first}-1", f"{first}-2"]


def test_a_client_that_guesses_passwords_is_stopped_for_the_hour(estimator: Estimator) -> None:
    estimator.fail = require_password("word 99")
    tried = (estimator.dry_run(600, documentPassword=f"word {number}") for number in range(100))
    with pytest.raises(ProblemError) as caught:
        assert set(tried) == {"document_encrypted"}
    assert (caught.value.status, caught.value.code) == (429, "too_many_estimates")
    assert caught.value.headers == {"Retry-After": "3001"}
    assert estimator.dry_run(600, documentPassword="word 0") == "document_encrypted"
    assert len(estimator.estimated) < 40
    assert estimator.dry_run(3_601, documentPassword="word 99") == "done"


def test_a_slow_server_is_not_asked_longer_than_a_request_may_take(estimator: Estimator) -> None:
    """Lambda ends the function after twenty seconds, without an answer to the estimator."""
    estimator.fail = require_password("right")
    for number in range(20):
        estimator.dry_run(0, documentPassword=f"{number}")
    asked = itertools.count()
    clock = Clock(now=lambda: HOUR, monotonic=lambda: float(next(asked)), sleep=lambda _: None)
    with pytest.raises(ProblemError) as caught:
        dry_run(DocumentJob.read(JOB), estimator.client, clock)
    assert caught.value.headers == {"Retry-After": "2"}
    assert next(asked) < 17
    assert len(estimator.promises()) == 20
