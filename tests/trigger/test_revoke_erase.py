"""POST /jobs/<jobId>/revoke and DELETE /jobs/<jobId>: what is left to see of a job, and what its workers are told."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contract.routes import ROUTES
from durable.wire.client import Client
from durable.wire.fields import SettledBy
from durable.wire.requests import PromiseCreate, PromiseSearch
from local.server_process import ServerProcess

from .conftest import JOB, Api, Reply, api_over, settle
from .test_job_files import checkpoint, refer

RESULT = {"jobId": "job-1", "pageCount": 3, "summary": "secret words", "costUsd": 0.0}
ROUTES_ABOUT_A_JOB = [
    (route.method.value, route.path) for route in ROUTES if "{jobId}" in route.path and route.method != "DELETE"
]


def erase(api: Api, job_id: str = "job-1") -> Reply:
    return api.send("DELETE", f"/jobs/{job_id}")


def revoke(api: Api, job_id: str = "job-1") -> Reply:
    return api.send("POST", f"/jobs/{job_id}/revoke")


@pytest.fixture
def done(api: Api, client: Client) -> Api:
    """A job that is done."""
    api.submit()
    checkpoint(client, 2, "store", refer("jobs/job-1/result.json"))
    settle(client, "resolved", RESULT)
    return api


def test_an_erasure_is_started_once(done: Api, client: Client) -> None:
    with ThreadPoolExecutor(10) as pool:
        replies = list(pool.map(lambda _: erase(done), range(10)))
    assert {(reply.status, reply.text) for reply in replies} == {(202, replies[0].text)}
    [root] = client.search(PromiseSearch(tags={"longhand:kind": "erasure"})).promises
    assert root.id == "erase/job-1"
    assert root.tags["resonate:target"] == "poll://any@notices"
    assert root.tags["longhand:job"] == "job-1"
    assert root.param.decode() == {
        "func": "erase_job",
        "args": [{"jobId": "job-1", "requesterId": "me", "type": "report"}],
        "kwargs": {},
        "version": 1,
    }


@pytest.mark.parametrize(("method", "path"), ROUTES_ABOUT_A_JOB)
def test_an_erased_job_is_gone_on_each_route(done: Api, method: str, path: str) -> None:
    """At once, however long its workers take: the record of the job still has its result."""
    erase(done)
    reply = done.send(method, path.replace("{jobId}", "job-1"), "{}")
    assert (reply.status, reply.body["code"]) == (410, "job_erased")
    assert "secret words" not in reply.text


@pytest.mark.parametrize("path", ["/jobs", "/process-document"])
def test_the_id_of_an_erased_job_stays_taken(done: Api, path: str) -> None:
    erase(done)
    again = done.send("POST", path, json.dumps(JOB))
    assert (again.status, again.body["code"]) == (410, "job_erased")
    other = done.send("POST", path, json.dumps(JOB | {"documentUrl": "https://example.com/b.pdf"}))
    assert (other.status, other.body["code"]) == (409, "job_id_taken")


@pytest.mark.parametrize("state", ["rejected", "rejected_canceled", "resolved"])
def test_a_job_that_has_ended_in_any_way_is_erased(api: Api, client: Client, state: SettledBy) -> None:
    api.submit()
    settle(client, state)
    assert erase(api).body["status"] == "erased"


def test_a_running_job_is_not_erased(api: Api, client: Client) -> None:
    api.submit()
    reply = erase(api)
    assert (reply.status, reply.body["code"], reply.body["state"]) == (409, "wrong_state", "processing")
    assert not client.search(PromiseSearch(tags={"longhand:kind": "erasure"})).promises


def test_a_revoked_result_is_shown_as_revoked(done: Api, client: Client) -> None:
    first = revoke(done)
    assert (first.status, first.body["status"]) == (202, "revoked")
    assert revoke(done).text == first.text
    at = first.body["revokedAt"]
    assert done.send("GET", "/jobs/job-1").body["revokedAt"] == at
    assert "result" not in done.send("GET", "/jobs/job-1").body["links"]
    assert done.status().body["revokedAt"] == at
    gone = done.send("GET", "/jobs/job-1/result")
    assert (gone.status, gone.body["code"], gone.body["state"]) == (410, "result_revoked", "done")
    [root] = client.search(PromiseSearch(tags={"longhand:kind": "revocation"})).promises
    assert (root.id, root.param.decode()["func"]) == ("revoke/job-1", "revoke_job")


def test_a_result_that_is_valid_is_shown_without_more(done: Api) -> None:
    assert "revokedAt" not in done.status().body
    assert done.send("GET", "/jobs/job-1/result").status == 303


def test_a_revoked_job_can_be_erased(done: Api) -> None:
    revoke(done)
    assert erase(done).status == 202
    assert revoke(done).status == 410


@pytest.mark.parametrize(("state", "shown"), [(None, "processing"), ("rejected", "failed")])
def test_only_a_job_that_is_done_is_revoked(api: Api, client: Client, state: SettledBy | None, shown: str) -> None:
    api.submit()
    if state:
        settle(client, state)
    reply = revoke(api)
    assert (reply.status, reply.body["code"], reply.body["state"]) == (409, "wrong_state", shown)
    assert not client.search(PromiseSearch(tags={"longhand:kind": "revocation"})).promises


@pytest.mark.parametrize("job_id", ["never-seen", "job-1:1", "x" * 129, ""])
def test_an_unknown_job_is_404(api: Api, client: Client, job_id: str) -> None:
    client.create(PromiseCreate(id="doc/job-1:1", timeout_at=10**14))
    for reply in (erase(api, job_id), revoke(api, job_id)):
        assert (reply.status, reply.body["status"]) == (404, "not_found")


def test_who_asked_is_recorded(done: Api, client: Client) -> None:
    authorizer = {"iam": {"userArn": "arn:aws:iam::1:user/boss"}}
    assert done.send("DELETE", "/jobs/job-1", authorizer=authorizer).status == 202
    assert client.get("erase/job-1").param.decode()["args"][0]["by"] == "arn:aws:iam::1:user/boss"


def test_a_server_that_is_down_is_503_and_changes_nothing(mortal: ServerProcess, folder: Path) -> None:
    with Client(mortal.url) as client:
        api = api_over(client, folder)
        api.submit()
        settle(client, "resolved", RESULT)
        mortal.kill()
        for reply in (erase(api), revoke(api)):
            assert (reply.status, reply.body["code"]) == (503, "unavailable")
            assert int(reply.headers["Retry-After"]) > 0
