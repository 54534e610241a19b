"""GET /jobs/<jobId>/why and /history: from the server's records, without a worker."""

import json

import pytest

from durable.wire.call_record import CallKind, CallRecord
from durable.wire.client import Client
from durable.wire.records import Value
from durable.wire.requests import PromiseCreate, PromiseSettle

from .conftest import Api, Reply, settle

YEAR_3000 = 32_503_680_000_000


def show(api: Api, part: str, job_id: str = "job-1") -> Reply:
    return api.send("GET", f"/jobs/{job_id}/{part}")


def create_step(client: Client, promise_id: str, name: str) -> None:
    """Create the promise of a step, as a worker does."""
    tags = {"resonate:origin": "doc/job-1", **CallRecord(name=name, kind=CallKind.STEP).tags}
    client.create(PromiseCreate(id=promise_id, timeout_at=YEAR_3000, tags=tags))


def test_a_job_without_a_worker_says_so(api: Api) -> None:
    api.submit()
    reply = show(api, "why")
    assert (reply.status, reply.body["state"], reply.body["jobId"]) == (200, "processing", "job-1")
    [wait] = reply.body["waits"]
    assert (wait["reason"], wait["group"]) == ("worker", "documents")
    assert "waits for a worker of the group documents" in reply.body["explanation"]


def test_a_history_lists_the_calls_and_none_of_their_results(api: Api, client: Client) -> None:
    api.submit()
    create_step(client, "doc/job-1:1", "begin")
    client.settle(PromiseSettle(id="doc/job-1:1", state="resolved", value=Value.encode("secret result")))
    create_step(client, "doc/job-1:2", "download")
    reply = show(api, "history")
    assert (reply.status, reply.body["state"]) == (200, "processing")
    assert [(one["name"], one["kind"], one["state"]) for one in reply.body["operations"]] == [
        ("begin", "step", "resolved"),
        ("download", "step", "pending"),
    ]
    assert "secret" not in json.dumps(reply.body)


def test_a_failed_job_shows_its_public_error(api: Api, client: Client) -> None:
    api.submit()
    error = {"code": "unexpected", "message": "OSError: /etc/secret", "step": "extract", "retry": False}
    settle(client, "rejected", {"__type": "error", "message": json.dumps(error)})
    reply = show(api, "why")
    assert (reply.body["state"], reply.body["error"]["code"], reply.body["waits"]) == ("failed", "unexpected", [])
    assert "secret" not in json.dumps(reply.body)


def test_a_canceled_job_waits_for_nothing(api: Api) -> None:
    api.submit()
    api.send("POST", "/jobs/job-1/cancel")
    reply = show(api, "why")
    assert (reply.body["state"], reply.body["waits"]) == ("canceled", [])
    assert "was canceled" in reply.body["explanation"]


@pytest.mark.parametrize("part", ["why", "history"])
@pytest.mark.parametrize("job_id", ["never-seen", "job-1:1", "..", "%2F"])
def test_an_unknown_job_is_404(api: Api, client: Client, part: str, job_id: str) -> None:
    create_step(client, "doc/job-1:1", "begin")
    reply = show(api, part, job_id)
    assert (reply.status, reply.body["status"]) == (404, "not_found")
