"""POST /jobs and GET /jobs/<jobId>: a job in one form for all its states."""

import json
from pathlib import Path

import pytest

from contract.answers import PageCount, Reason
from contract.job import is_job_id
from contract.names import Step
from contract.progress import DeliveryProgress, Wait, progress_key
from durable.wire.client import Client
from durable.wire.records import Value
from durable.wire.requests import PromiseCreate, PromiseSearch, PromiseSettle
from local.server_process import ServerProcess

from .conftest import JOB, Api, Body, Reply, api_over, settle
from .test_job_files import checkpoint, refer

RESULT: Body = {"jobId": "job-1", "pageCount": 3, "summary": "three pages", "costUsd": 0.02, "extractedData": {"a": 1}}
LINKS = {
    "self": "/jobs/job-1",
    "status": "/status/job-1",
    **{name: f"/jobs/job-1/{name}" for name in ("why", "history", "events")},
}
FILES = {name: f"/jobs/job-1/{name}" for name in ("document", "text")}
DOCUMENT = {"document": FILES["document"]}
WITHOUT_ID = {name: value for name, value in JOB.items() if name != "jobId"}


def create(api: Api, body: object = JOB, query: str = "") -> Reply:
    return api.send("POST", "/jobs", json.dumps(body), query=query)


def read(api: Api, job_id: str = "job-1") -> Reply:
    return api.send("GET", f"/jobs/{job_id}")


def test_a_created_job_is_answered_with_its_links(api: Api) -> None:
    reply = create(api)
    assert (reply.status, reply.headers["Location"]) == (202, "/jobs/job-1")
    assert reply.body == {
        "id": "job-1",
        "state": "processing",
        "links": {**LINKS, "cancel": "/jobs/job-1/cancel"},
    }


def test_both_routes_record_the_same_job(api: Api, client: Client) -> None:
    """A client may change from one to the other, and send a request again to either."""
    create(api)
    before = client.get("doc/job-1")
    assert api.submit().status == 202
    assert client.get("doc/job-1") == before
    conflict = create(api, JOB | {"documentUrl": "https://example.com/other.pdf"})
    assert (conflict.status, conflict.body["code"]) == (409, "job_id_taken")


def test_a_job_without_an_id_gets_one_of_its_own(api: Api, client: Client) -> None:
    made = {create(api, WITHOUT_ID).body["id"] for _ in range(2)}
    assert len(made) == 2
    for job_id in made:
        assert is_job_id(job_id)
        assert read(api, job_id).body["id"] == job_id
    assert len(client.search(PromiseSearch(tags={"longhand:kind": "job"})).promises) == 2


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "documentUrl and requesterId are required"),
        (JOB | {"jobId": "a/b"}, "jobId must be 1 to 128 characters"),
        (JOB | {"jobId": ""}, "required"),
        (JOB | {"priority": 1}, 'the field "priority" is unknown'),
        (JOB | {"type": "letter"}, "type must be one of"),
        ([], "the body must be a JSON object"),
    ],
)
def test_a_wrong_request_creates_nothing(api: Api, client: Client, body: object, sentence: str) -> None:
    reply = create(api, body)
    assert (reply.status, reply.body["code"]) == (400, "bad_request")
    assert sentence in reply.body["error"]
    assert not client.search(PromiseSearch()).promises


def test_a_parameter_is_refused(api: Api) -> None:
    """A client that means an estimate must not start a job."""
    reply = create(api, query="dryRun=true")
    assert (reply.status, "dryRun" in reply.body["error"]) == (400, True)
    assert read(api).status == 404


def test_a_body_over_a_megabyte_is_413(api: Api) -> None:
    assert api.send("POST", "/jobs", "x" * 1_000_001).status == 413


def test_a_new_job_has_not_started(api: Api) -> None:
    create(api, JOB | {"type": "invoice"})
    body = read(api).body
    assert body.pop("createdAt").endswith("+00:00")
    assert body == {
        "id": "job-1",
        "state": "processing",
        "type": "invoice",
        "requesterId": "me",
        "links": {**LINKS, "cancel": "/jobs/job-1/cancel"},
    }


def test_a_job_has_started_when_its_first_call_was_made(api: Api, client: Client, folder: Path) -> None:
    create(api)
    client.create(PromiseCreate(id="doc/job-1:1", timeout_at=10**14))
    put_progress(folder, DeliveryProgress(step=Step.EXTRACT, attempt=2, at=0, pages=PageCount(done=1, of=4)))
    body = read(api).body
    assert body["startedAt"] >= body["createdAt"]
    assert body["progress"]["pages"] == {"done": 1, "of": 4}
    assert body["links"] == {**LINKS, **DOCUMENT, "cancel": "/jobs/job-1/cancel"}
    assert "endedAt" not in body


def test_a_done_job_has_the_summary_of_its_result(api: Api, client: Client) -> None:
    create(api)
    settle(client, "resolved", RESULT)
    body = read(api).body
    assert body["state"] == "done"
    assert body["result"] == {"pageCount": 3, "summary": "three pages", "costUsd": 0.02}
    assert body["endedAt"] >= body["createdAt"]
    assert body["links"] == {
        **LINKS,
        **FILES,
        "result": "/jobs/job-1/result",
        "revoke": "/jobs/job-1/revoke",
        "erase": "/jobs/job-1",
    }


@pytest.mark.parametrize("value", [None, [], "text", {"pageCount": "3"}])
def test_a_result_of_another_form_has_no_summary(api: Api, client: Client, value: object) -> None:
    create(api)
    settle(client, "resolved", value)
    assert (read(api).body["state"], "result" in read(api).body) == ("done", False)


def test_an_unknown_cost_is_null(api: Api, client: Client) -> None:
    create(api)
    settle(client, "resolved", RESULT | {"costUsd": None})
    assert read(api).body["result"]["costUsd"] is None


def test_a_failed_job_has_its_error_and_can_be_retried(api: Api, client: Client) -> None:
    create(api)
    error = {"code": "document_encrypted", "message": "it needs a password", "step": "extract"}
    client.settle(PromiseSettle(id="doc/job-1", state="rejected", value=Value.encode({"message": json.dumps(error)})))
    body = read(api).body
    assert (body["state"], body["error"]) == ("failed", error)
    assert body["links"] == {**LINKS, "retry": "/jobs/job-1/retry", "erase": "/jobs/job-1"}


@pytest.mark.parametrize("steps", [[], ["download"], ["download", "extract"], ["download", "join"]])
def test_the_links_of_a_job_that_ended_badly_lead_to_what_it_has_stored(
    api: Api, client: Client, steps: list[str]
) -> None:
    """Of a canceled one, no error names the step that it had reached."""
    create(api)
    for place, step in enumerate(steps, start=2):
        checkpoint(client, place, step, refer(f"jobs/job-1/{step}"))
    settle(client, "rejected_canceled")
    body = read(api).body
    links = body["links"]
    assert (body["state"], links["retry"]) == ("canceled", "/jobs/job-1/retry")
    assert [*FILES][: len(steps)] == [name for name in FILES if name in links]
    for name, path in FILES.items():
        assert api.send("GET", path).status == (303 if name in links else 409)


def test_a_waiting_job_has_its_question(api: Api, client: Client, folder: Path) -> None:
    """The id of the decision is safe in a path."""
    create(api)
    wait = Wait(reason=Reason.COST, message="3 dollars", promise="doc/job-1:3.1", until=1_800_003_600)
    client.create(PromiseCreate(id=wait.promise, timeout_at=10**14))
    put_progress(folder, DeliveryProgress(step=Step.ANALYZE, attempt=1, at=0, wait=wait))
    body = read(api).body
    assert body["state"] == "waiting"
    assert body["question"] == {
        "decision": "job-1:3.1",
        "reason": "cost",
        "message": "3 dollars",
        "until": "2027-01-15T09:00:00.000+00:00",
    }
    assert body["progress"]["step"] == "analyze"
    assert body["links"] == {**LINKS, **FILES, "cancel": "/jobs/job-1/cancel"}


@pytest.mark.parametrize("job_id", ["never-seen", "a%20b", "job-1:1", "x" * 129, "%00", "..", ""])
def test_an_unknown_job_is_404(api: Api, client: Client, job_id: str) -> None:
    client.create(PromiseCreate(id="doc/job-1:1", timeout_at=10**14))
    reply = read(api, job_id)
    assert (reply.status, reply.body["status"]) == (404, "not_found")


def test_a_server_that_is_down_is_503_with_retry_after(mortal: ServerProcess, folder: Path) -> None:
    with Client(mortal.url) as client:
        api = api_over(client, folder)
        create(api)
        mortal.kill()
        for reply in (read(api), create(api)):
            assert (reply.status, reply.body["code"]) == (503, "unavailable")
            assert int(reply.headers["Retry-After"]) > 0


def put_progress(folder: Path, progress: DeliveryProgress) -> None:
    path = folder / progress_key("job-1", 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(progress.to_json())
