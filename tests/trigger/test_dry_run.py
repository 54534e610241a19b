"""POST /process-document?dryRun=true: an estimate by a worker, and no job. The test itself is the worker."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract.costs import Estimate, StepEstimate
from contract.job import DocumentJob
from contract.names import Step
from contract.reading import MediaType
from contract.usage import Usage
from durable.wire.client import Client
from durable.wire.clock import Clock
from durable.wire.fields import SettledBy
from durable.wire.records import Promise, Value
from durable.wire.requests import PromiseSearch, PromiseSettle
from lambdas.trigger.dry_run import MAX_WAIT_SECONDS, dry_run
from lambdas.trigger.errors import ProblemError
from local.server_process import EmbeddedProgram
from tests.waiting import wait_until
from tests.warm_start import start_server

from .conftest import JOB, Api, Reply, api_over

ESTIMATE = Estimate(
    media_type=MediaType.PDF,
    pages=12,
    ocr_pages=7,
    steps=(StepEstimate(step=Step.EXTRACT, usage=Usage(seconds=21, pages=7)),),
    seconds=22.5,
    cost_usd=0.03,
    assumptions=("a page takes three seconds",),
)
ENCRYPTED_ERROR = {"code": "document_encrypted", "message": "it needs a password", "step": "extract", "retry": False}


def ask(api: Api, query: str = "dryRun=true", **changes: object) -> Reply:
    return api.send("POST", "/process-document", json.dumps(JOB | changes), query=query)


def estimates(client: Client) -> list[Promise]:
    return client.search(PromiseSearch(tags={"longhand:kind": "estimate"})).promises


@contextmanager
def worker(client: Client, state: SettledBy, value: object) -> Iterator[None]:
    """Settle the first estimate, as a worker does."""

    def work() -> None:
        [promise] = wait_until(lambda: estimates(client), "no estimate was started")
        client.settle(PromiseSettle(id=promise.id, state=state, value=Value.encode(value)))

    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join()


def test_a_dry_run_returns_an_estimate_and_starts_no_job(api: Api, client: Client) -> None:
    with worker(client, "resolved", ESTIMATE.model_dump(mode="json")):
        reply = ask(api, type="invoice")
    assert (reply.status, reply.body["status"], reply.body["jobId"]) == (200, "dry_run", "job-1")
    assert Estimate.model_validate(reply.body["estimate"]) == ESTIMATE
    assert client.search(PromiseSearch(tags={"longhand:kind": "job"})).promises == []
    assert api.status().status == 404
    [promise] = estimates(client)
    assert api.status(promise.id).status == 404
    assert json.loads(base64.b64decode(promise.param.data or "")) == {
        "func": "estimate_document",
        "args": [JOB | {"type": "invoice"}],
        "kwargs": {},
        "version": 1,
    }
    assert promise.tags["resonate:target"] == "poll://any@documents"
    assert promise.id.startswith("estimate/job-1-")


def test_a_dry_run_returns_the_error_of_the_job(api: Api, client: Client) -> None:
    with worker(client, "rejected", {"__type": "error", "message": json.dumps(ENCRYPTED_ERROR)}):
        reply = ask(api)
    assert reply.status == 200
    assert reply.body == {
        "status": "failed",
        "jobId": "job-1",
        "error": {"code": "document_encrypted", "message": "it needs a password", "step": "extract"},
    }


def test_a_step_of_the_estimate_is_not_named(api: Api, client: Client) -> None:
    with worker(
        client, "rejected", {"__type": "error", "message": json.dumps(ENCRYPTED_ERROR | {"step": "survey_document"})}
    ):
        assert "step" not in ask(api).body["error"]


HOUR = (
    2_500_000 * 3_600.0
)  # the start of an hour in the far future: the server's clock, which is real, times out nothing


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self, now: float = HOUR) -> None:
        self.seconds = 0.0
        self.pauses: list[float] = []
        self.began = now

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: self.began + self.seconds, monotonic=lambda: self.seconds, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.pauses.append(seconds)


REQUEST = DocumentJob.read(JOB)


def test_an_estimate_that_is_not_ready_in_time_is_a_503_with_retry_after(client: Client) -> None:
    fake = FakeTime()
    with pytest.raises(ProblemError) as caught:
        dry_run(REQUEST, client, fake.clock)
    assert (caught.value.status, caught.value.code) == (503, "estimate_not_ready")
    assert "send the same request again in 2 seconds" in caught.value.sentence
    assert caught.value.headers == {"Retry-After": "2"}
    assert MAX_WAIT_SECONDS - 1 < fake.seconds <= MAX_WAIT_SECONDS
    assert fake.pauses == sorted(fake.pauses)
    assert max(fake.pauses) <= 1


def test_the_same_request_finds_the_same_estimate_within_the_hour(client: Client) -> None:
    """Also one that was made after the request had timed out."""

    def give_up(request: DocumentJob, now: float) -> None:
        with pytest.raises(ProblemError):
            dry_run(request, client, FakeTime(now).clock)

    give_up(REQUEST, HOUR)
    give_up(REQUEST, HOUR + 500)
    [first] = estimates(client)
    give_up(REQUEST, HOUR + 3_600)
    give_up(DocumentJob.read(JOB | {"type": "invoice"}), HOUR)
    assert len({one.id for one in estimates(client)}) == 3
    client.settle(PromiseSettle(id=first.id, state="resolved", value=Value.encode({"pages": 1})))
    fake = FakeTime(HOUR + 600)
    assert dry_run(REQUEST, client, fake.clock).status == "dry_run"
    assert fake.pauses == []


@pytest.mark.parametrize("state", ["rejected_canceled", "timed out"])
def test_a_canceled_or_timed_out_estimate_is_made_again(tmp_path: Path, state: Any) -> None:  # noqa: ANN401 a state
    """For example, after ten minutes without a worker."""
    with start_server(EmbeddedProgram(), tmp_path) as server, Client(server.url) as client:
        long_ago = 1_500_000_000 if state == "timed out" else HOUR
        with pytest.raises(ProblemError):
            dry_run(REQUEST, client, FakeTime(long_ago).clock)
        first = min(one.id for one in estimates(client))
        if state != "timed out":
            client.settle(PromiseSettle(id=first, state=state))
            with pytest.raises(ProblemError):
                dry_run(REQUEST, client, FakeTime(long_ago).clock)
        assert len(estimates(client)) > 1
        assert all(one.id.startswith(first) for one in estimates(client))


@pytest.mark.parametrize("query", ["dryRun=false", ""])
def test_without_dry_run_a_job_is_started(api: Api, client: Client, query: str) -> None:
    assert ask(api, query).status == 202
    assert estimates(client) == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("dryRun=1", 'dryRun must be true or false, not "1"'),
        ("dryRun", 'dryRun must be true or false, not ""'),
        ("dryRun=True", 'dryRun must be true or false, not "True"'),
        ("dryRun=true&dryRun=false", 'dryRun must be true or false, not "true,false"'),
        ("dryrun=true", 'the parameter "dryrun" is unknown: the only one is dryRun'),
        ("dryRun=\ud800", 'dryRun must be true or false, not "\\ud800"'),  # an unpaired surrogate
    ],
)
def test_another_parameter_or_value_is_refused_and_starts_nothing(
    api: Api, client: Client, query: str, sentence: str
) -> None:
    reply = ask(api, query)
    assert (reply.status, reply.body["error"]) == (400, sentence)
    assert client.search(PromiseSearch()).promises == []


def test_a_dry_run_is_validated_as_a_job_is(api: Api, client: Client) -> None:
    assert ask(api, type="letter").status == 400
    assert estimates(client) == []


def test_a_server_that_stops_during_a_dry_run_is_a_503(tmp_path: Path, folder: Path) -> None:
    with start_server(EmbeddedProgram(), tmp_path / "mortal") as server, closing(Client(server.url)) as client:
        fake = FakeTime()
        api = api_over(client, folder)

        def kill(_: float) -> None:
            server.kill()

        with pytest.raises(Exception, match="connection"):
            dry_run(REQUEST, client, replace(fake.clock, sleep=kill))
        assert ask(api).status == 503
