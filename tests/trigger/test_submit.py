"""POST /process-document: the recorded promise, the answers, and the refusals."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from aws_lambda_powertools import Logger

from contract.job import DocumentJob
from durable.wire.client import Client
from durable.wire.clock import Clock
from durable.wire.requests import PromiseSearch, PromiseSettle
from lambdas.trigger.progress import ProgressReader
from lambdas.trigger.progress_store import ProgressStore
from lambdas.trigger.routes import Api as TriggerApi
from lambdas.trigger.submit import submit
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
        answers = list(pool.map(lambda _: submit(job, client, Clock()), range(50)))
    assert {answer.state for answer in answers} == {"processing"}
    assert len(client.search(PromiseSearch(tags={"longhand:kind": "job"})).promises) == 1


@pytest.mark.parametrize("missing", ["jobId", "documentUrl", "requesterId"])
@pytest.mark.parametrize("value", [None, "", "left out"])
def test_a_required_field_that_is_missing_is_refused(api: Api, missing: str, value: str | None) -> None:
    body = JOB | {missing: value}
    if value == "left out":
        del body[missing]
    reply = api.send("POST", "/process-document", json.dumps(body))
    assert reply.status == 400
    assert reply.body["error"] == "jobId, documentUrl, and requesterId are required"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"jobId": "a/b"}, 'jobId must be 1 to 128 characters of A-Z a-z 0-9 _ -, not "a/b"'),
        ({"jobId": "a\n"}, 'jobId must be 1 to 128 characters of A-Z a-z 0-9 _ -, not "a\\n"'),
        ({"jobId": "x" * 129}, "jobId must be 1 to 128 characters"),
        ({"jobId": 7}, "jobId must be 1 to 128 characters of A-Z a-z 0-9 _ -, not 7"),
        (
            {"documentUrl": "ftp://a/b"},
            'documentUrl must be an http(s):// or s3:// URL of at most 2048 characters, not "f',
        ),
        ({"documentUrl": "https://a/" + "b" * 2048}, "documentUrl must be an http(s):// or s3:// URL of at most 2048"),
        ({"documentUrl": "file:///etc/passwd"}, "documentUrl must be an http(s):// or s3:// URL"),
        ({"requesterId": "r" * 257}, "requesterId must be a string of 1 to 256 characters"),
        ({"documentUrl": "https://a/b c"}, "documentUrl must be an http(s):// or s3:// URL"),
        ({"requesterId": "a\0b"}, "requesterId must be a string of 1 to 256 characters"),
        ({"requesterId": ["me"]}, 'requesterId must be a string of 1 to 256 characters, not ["me"]'),
        ({"type": "letter"}, 'type must be one of invoice, contract, report, receipt, not "letter"'),
        ({"type": None}, "type must be one of invoice, contract, report, receipt, not null"),
        ({"type": ""}, 'type must be one of invoice, contract, report, receipt, not ""'),
        ({"type": ["report"]}, 'type must be one of invoice, contract, report, receipt, not ["report"]'),
        ({"maxCostUsd": -1}, "maxCostUsd must be a number of US dollars from 0 to 10000, not -1"),
        ({"maxCostUsd": "5"}, 'maxCostUsd must be a number of US dollars from 0 to 10000, not "5"'),
        ({"maxCostUsd": True}, "maxCostUsd must be a number of US dollars from 0 to 10000, not true"),
        ({"maxCostUsd": float("nan")}, "maxCostUsd must be a number of US dollars from 0 to 10000, not NaN"),
        ({"maxCostUsd": 10**400}, "maxCostUsd must be a number of US dollars from 0 to 10000, not 1"),
        (
            {"priority": 1},
            'the field "priority" is unknown: the fields are jobId, documentUrl, requesterId, type, documentP',
        ),
        ({"type": "x", "jobId": 7}, 'not 7; type must be one of invoice, contract, report, receipt, not "x"'),
    ],
)
def test_a_wrong_field_is_named_with_the_allowed_values_and_the_sent_one(
    api: Api, changes: dict[str, object], sentence: str
) -> None:
    reply = api.submit(**changes)
    assert (reply.status, reply.body["code"]) == (400, "bad_request")
    assert sentence in reply.body["error"]
    assert len(reply.body["error"]) < 300


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "the body is not JSON"),
        (b'{"jobId": ', "the body is not JSON: Expecting value at line 1 column 11"),
        (b"[]", "the body must be a JSON object, not an array"),
        (b"7", "the body must be a JSON object, not 7"),
        (b'{"jobId": "a", "type": "report", "jobId": "b"}', '"jobId" is sent twice: send each field once'),
        (b'{"\\ud800": 1, "\\ud800": 1}', '"\\ud800" is sent twice'),
        (b"null", "the body must be a JSON object, not null"),
        (b'{"jobId": "\xff"}', "the body is not UTF-8"),
        (b"[" * 100_000, "the JSON of the body is nested too deeply"),
        (b"1" * 5_000, "a number in the body has too many digits"),
        (b'{"requesterId": "\\ud800"}', "the body has an unpaired surrogate escape"),
        (b'{"\\udc00": 1}', "the body has an unpaired surrogate escape"),
    ],
)
def test_an_invalid_body_is_refused(api: Api, body: bytes, sentence: str) -> None:
    reply = api.submit_bytes(body)
    assert reply.status == 400
    assert sentence in reply.body["error"]


def test_invalid_base64_is_refused(api: Api) -> None:
    assert api.send("POST", "/process-document", "\u00e9\u00e9\u00e9\u00e9", is_base64=True).status == 400
    reply = api.send("POST", "/process-document", "@@@", is_base64=True)
    assert (reply.status, reply.body["error"]) == (400, "the body is marked as base64 and cannot be decoded")


def test_a_body_over_a_megabyte_is_413(api: Api) -> None:
    assert api.submit_bytes(b"x" * 1_000_000).status == 400
    assert api.submit_bytes(b"x" * 1_000_001).status == 413
    assert api.send("POST", "/process-document", "é" * 500_001).status == 413


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/nowhere", 404, None),
        ("POST", "/", 404, None),
        ("GET", "/process-document", 405, "POST"),
        ("DELETE", "/status/job-1", 405, "GET"),
        ("GET", "/process-document/x", 404, None),
        ("POST", "/status/a/b", 404, None),
    ],
)
def test_an_unknown_route_is_404_and_a_wrong_method_405(
    api: Api, method: str, path: str, status: int, allow: str | None
) -> None:
    reply = api.send(method, path)
    assert (reply.status, reply.headers.get("Allow")) == (status, allow)
    assert reply.body["error"] == ("Not found" if status == 404 else f"only {allow} is allowed here")


def test_an_answer_stays_small_with_any_number_of_errors(api: Api) -> None:
    reply = api.submit(**{f"f{number}": 1 for number in range(20_000)})
    assert reply.status == 400
    assert reply.body["error"].endswith("and 19995 more")
    assert len(reply.body["error"]) < 1_000


def test_a_path_with_a_line_end_is_404(api: Api) -> None:
    assert api.send("POST", "/process-document\n").status == 404
    api.submit()
    assert api.send("GET", "/status/job-1\n").status == 404


def with_types(client: Client, folder: Path, *types: str) -> Api:
    log = Logger(service="trigger-test", level="CRITICAL")
    return Api(TriggerApi(client, ProgressReader(ProgressStore(folder.as_uri()), log), log, types=types))


def test_an_added_type_is_accepted_and_named_in_errors(client: Client, folder: Path) -> None:
    api = with_types(client, folder, "report", "letter")
    assert api.submit(type="letter").status == 202
    assert client.get("doc/job-1").tags["longhand:type"] == "letter"
    assert api.submit(type="invoice").body["error"] == 'type must be one of report, letter, not "invoice"'


def test_a_repeated_request_of_a_removed_type_is_still_the_same_job(client: Client, folder: Path) -> None:
    """The client repeats its request without having seen the answer, and the type was removed in between."""
    with_types(client, folder, "report", "letter").submit(type="letter")
    api = with_types(client, folder, "report")
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
