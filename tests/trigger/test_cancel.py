"""POST /jobs/<jobId>/cancel."""

from pathlib import Path

import pytest

from durable.wire.client import Client
from durable.wire.requests import PromiseCreate
from local.server_process import ServerProcess

from .conftest import Api, Reply, api_over, settle


def cancel(api: Api, job_id: str = "job-1") -> Reply:
    return api.send("POST", f"/jobs/{job_id}/cancel")


def test_a_canceled_job_stays_canceled(api: Api) -> None:
    api.submit()
    canceled = {"status": "canceled", "jobId": "job-1"}
    for reply in (cancel(api), cancel(api), api.status()):
        assert (reply.status, reply.body) == (200, canceled)
    assert api.submit().body["state"] == "canceled"


@pytest.mark.parametrize(("state", "shown"), [("resolved", "done"), ("rejected", "failed")])
def test_a_job_that_has_ended_is_not_canceled(api: Api, client: Client, state: str, shown: str) -> None:
    api.submit()
    settle(client, "resolved" if state == "resolved" else "rejected", {})
    before = api.status().body
    reply = cancel(api)
    assert (reply.status, reply.body["code"]) == (409, "job_ended")
    assert shown in reply.body["error"]
    assert api.status().body == before


def test_a_job_past_its_deadline_is_not_canceled(api: Api, client: Client) -> None:
    client.create(PromiseCreate(id="doc/late", timeout_at=1))
    assert cancel(api, "late").body["code"] == "job_ended"


@pytest.mark.parametrize("job_id", ["never-seen", "job-1:1", "x" * 129, "%2F", "..", ""])
def test_only_a_job_can_be_canceled(api: Api, client: Client, job_id: str) -> None:
    """The checkpoint of a step is no job."""
    client.create(PromiseCreate(id="doc/job-1:1", timeout_at=10**14))
    reply = cancel(api, job_id)
    assert (reply.status, reply.body["status"]) == (404, "not_found")
    assert client.get("doc/job-1:1").state == "pending"


def test_a_server_that_is_down_cancels_nothing_and_is_503(mortal: ServerProcess, folder: Path) -> None:
    with Client(mortal.url) as client:
        api = api_over(client, folder)
        api.submit()
        mortal.kill()
        reply = cancel(api)
    assert (reply.status, reply.body["code"]) == (503, "unavailable")
    assert int(reply.headers["Retry-After"]) > 0
