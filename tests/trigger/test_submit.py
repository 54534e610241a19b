"""POST /process-document: the recorded promise, and the answers."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contract.job import DocumentJob
from durable.wire.client import Client
from durable.wire.clock import Clock
from durable.wire.requests import PromiseSearch, PromiseSettle
from lambdas.trigger.submit import record_job
from local.server_process import EmbeddedProgram, ServerProcess
from tests.warm_start import start_server

from .conftest import JOB, Api, api_over


def test_a_job_is_recorded_durably_and_answered_with_202(api: Api, client: Client) -> None:
    reply = api.submit(type="invoice")
    assert reply.status == 202
    assert reply.body == {
        "status": "accepted",
        "jobId": "job-1",
        "statusUrl": "/status/job-1",
        "message": "Processing in background. Poll statusUrl for results.",
        "state": "processing",
    }
    promise = client.get("doc/job-1")
    assert json.loads(base64.b64decode(promise.param.data or "")) == {
        "func": "process_document",
        "args": [JOB | {"type": "invoice"}],
        "kwargs": {},
        "version": 1,
    }
    assert promise.tags["resonate:target"] == "poll://any@documents"
    assert promise.tags["resonate:origin"] == promise.tags["resonate:branch"] == "doc/job-1"
    assert promise.tags["longhand:type"] == "invoice"
    assert promise.tags["longhand:requester"] == "me"


@pytest.mark.parametrize(
    ("header", "is_kept"),
    [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", True),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", True),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", False),
        ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", False),
        ("x" * 8_000, False),
    ],
)
def test_a_job_keeps_the_trace_of_its_client(api: Api, client: Client, header: str, *, is_kept: bool) -> None:
    """Workers write the job's spans into it. A header that is no trace context is ignored, as W3C demands."""
    reply = api.send("POST", "/process-document", json.dumps(JOB), headers={"traceparent": header})
    assert reply.status == 202
    assert client.get("doc/job-1").tags.get("traceparent") == (header if is_kept else None)


def test_an_accepted_job_survives_a_kill_of_the_server(mortal: ServerProcess, folder: Path) -> None:
    """The server is killed right after the answer, and the next one has the job."""
    with Client(mortal.url) as client:
        assert api_over(client, folder).submit().status == 202
    mortal.kill()
    with start_server(EmbeddedProgram(), mortal.log.parent) as restarted, Client(restarted.url) as client:
        assert client.get("doc/job-1").state == "pending"


def test_the_same_request_again_is_the_same_job(api: Api, client: Client) -> None:
    """An explicit default makes no other request."""
    assert [api.submit(**more).status for more in ({}, {}, {"type": "report"})] == [202, 202, 202]
    assert len(client.search(PromiseSearch(tags={"longhand:kind": "job"})).promises) == 1


def test_the_same_request_after_the_end_shows_the_state(api: Api, client: Client) -> None:
    api.submit()
    client.settle(PromiseSettle(id="doc/job-1", state="resolved"))
    reply = api.submit()
    assert (reply.status, reply.body["state"]) == (202, "done")


def test_another_request_with_the_same_id_is_a_conflict_and_changes_nothing(api: Api, client: Client) -> None:
    api.submit()
    before = client.get("doc/job-1")
    reply = api.submit(documentUrl="https://example.com/other.pdf")
    assert (reply.status, reply.body["code"]) == (409, "job_id_taken")
    assert client.get("doc/job-1") == before


def test_fifty_concurrent_requests_are_one_job(client: Client) -> None:
    job = DocumentJob.read(JOB)
    with ThreadPoolExecutor(50) as pool:
        promises = list(pool.map(lambda _: record_job(job, client, Clock()), range(50)))
    assert {promise.state for promise in promises} == {"pending"}
    assert len(client.search(PromiseSearch(tags={"longhand:kind": "job"})).promises) == 1


def test_an_added_type_is_accepted_and_named_in_errors(client: Client, folder: Path) -> None:
    api = api_over(client, folder, types=("report", "letter"))
    assert api.submit(type="letter").status == 202
    assert client.get("doc/job-1").tags["longhand:type"] == "letter"
    assert api.submit(type="invoice").body["error"] == 'type must be one of report, letter, not "invoice"'


def test_a_repeated_request_of_a_removed_type_is_still_the_same_job(client: Client, folder: Path) -> None:
    """The client repeats its request without having seen the answer, and the type was removed in between."""
    api_over(client, folder, types=("report", "letter")).submit(type="letter")
    api = api_over(client, folder, types=("report",))
    before = client.get("doc/job-1")
    again = api.submit(type="letter")
    assert (again.status, again.body["state"]) == (202, "processing")
    others = [
        api.submit(type="letter", jobId="job-2"),
        api.submit(type="letter", documentUrl="https://example.com/other.pdf"),
        api.submit(type="memo"),
        api.send("POST", "/process-document", json.dumps(JOB | {"type": "letter"}), query="dryRun=true"),
    ]
    assert [reply.status for reply in others] == [400, 400, 400, 400]
    assert others[0].body["error"] == 'type must be one of report, not "letter"'
    assert client.get("doc/job-1") == before
    assert len(client.search(PromiseSearch()).promises) == 1
