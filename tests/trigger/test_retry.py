"""POST /jobs/<jobId>/retry: the next execution of a job that has failed or is canceled."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contract.job import is_job_id
from durable.wire.client import Client
from durable.wire.fields import SettledBy
from durable.wire.requests import PromiseCreate, PromiseSearch, PromiseSettle
from lambdas.trigger.retry import make_retry_id
from local.server_process import ServerProcess

from .conftest import JOB, Api, Reply, api_over, settle

SECRET = "opens-the-document"  # noqa: S105 of a test


def retry(api: Api, job_id: str = "job-1") -> Reply:
    return api.send("POST", f"/jobs/{job_id}/retry")


def end(client: Client, job_id: str, state: SettledBy = "rejected") -> None:
    client.settle(PromiseSettle(id=f"doc/{job_id}", state=state))


@pytest.mark.parametrize("state", ["rejected", "rejected_canceled"])
def test_a_retry_has_the_request_of_its_job(api: Api, client: Client, state: SettledBy) -> None:
    """Its password, too, which no client needs to send again."""
    api.submit(documentPassword=SECRET, maxCostUsd=2, type="invoice")
    settle(client, state)
    reply = retry(api)
    assert (reply.status, reply.headers["Location"]) == (202, "/jobs/job-1-retry-1")
    assert (reply.body["id"], reply.body["state"]) == ("job-1-retry-1", "processing")
    assert SECRET not in reply.text
    first, second = (client.get(f"doc/{name}") for name in ("job-1", "job-1-retry-1"))
    call, repeated = first.param.decode(), second.param.decode()
    assert repeated == call | {"args": [call["args"][0] | {"jobId": "job-1-retry-1", "earlierJobs": ["job-1"]}]}
    assert second.tags["longhand:requester"] == "me"
    read = api.send("GET", "/jobs/job-1-retry-1").body
    assert (read["retryOf"], read["type"]) == ("job-1", "invoice")


def test_no_client_names_the_jobs_that_a_job_tries_again(api: Api) -> None:
    """It would read what another requester's job has read."""
    for path in ("/jobs", "/process-document"):
        reply = api.send("POST", path, json.dumps(JOB | {"earlierJobs": ["job-2"]}))
        assert (reply.status, '"earlierJobs" is unknown' in reply.body["error"]) == (400, True)


def test_two_retries_at_once_make_one_job(api: Api, client: Client) -> None:
    api.submit()
    settle(client, "rejected")
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: retry(api), range(20)))
    assert {(reply.status, reply.body["id"]) for reply in replies} == {(202, "job-1-retry-1")}
    assert len(client.search(PromiseSearch(tags={"longhand:kind": "job"})).promises) == 2


def test_a_retry_of_a_retry_goes_on_counting(api: Api, client: Client) -> None:
    api.submit()
    end(client, "job-1")
    made = ["job-1"]
    for _ in range(3):
        made.append(retry(api, made[-1]).body["id"])
        end(client, made[-1])
    assert made[1:] == ["job-1-retry-1", "job-1-retry-2", "job-1-retry-3"]
    assert {api.send("GET", f"/jobs/{name}").body["retryOf"] for name in made[1:]} == {"job-1"}
    [last] = client.get("doc/job-1-retry-3").param.decode()["args"]
    assert last["earlierJobs"] == ["job-1-retry-2", "job-1-retry-1", "job-1"]
    assert retry(api).body == retry(api).body
    assert retry(api).body["state"] == "failed"


def test_a_retry_does_not_take_the_id_of_another_job(api: Api, client: Client) -> None:
    api.submit()
    api.submit(jobId="job-1-retry-1", documentUrl="https://example.com/other.pdf")
    settle(client, "rejected")
    assert (retry(api).status, retry(api).body["code"]) == (409, "job_id_taken")


@pytest.mark.parametrize("state", ["pending", "resolved"])
def test_a_job_in_another_state_is_refused_with_it(api: Api, client: Client, state: str) -> None:
    api.submit()
    if state == "resolved":
        settle(client, "resolved", {})
    reply = retry(api)
    assert (reply.status, reply.body["code"]) == (409, "wrong_state")
    assert reply.body["state"] == ("done" if state == "resolved" else "processing")
    assert len(client.search(PromiseSearch(tags={"longhand:kind": "job"})).promises) == 1


def test_a_job_whose_request_cannot_be_read_is_refused(api: Api, client: Client) -> None:
    client.create(PromiseCreate(id="doc/late", timeout_at=1))
    reply = retry(api, "late")
    assert (reply.status, reply.body["code"]) == (409, "request_unreadable")


@pytest.mark.parametrize("job_id", ["never-seen", "job-1:1", "x" * 129, ""])
def test_an_unknown_job_is_404(api: Api, job_id: str) -> None:
    assert (retry(api, job_id).status, retry(api, job_id).body["status"]) == (404, "not_found")


def test_a_server_that_is_down_is_503_and_the_same_request_creates_the_job_later(
    mortal: ServerProcess, folder: Path
) -> None:
    with Client(mortal.url) as client:
        api = api_over(client, folder)
        api.send("POST", "/jobs", json.dumps(JOB))
        settle(client, "rejected")
        mortal.kill()
        reply = retry(api)
        assert (reply.status, reply.body["code"]) == (503, "unavailable")
        assert int(reply.headers["Retry-After"]) > 0


@pytest.mark.parametrize("length", [1, 119, 120, 121, 128])
def test_each_job_has_a_retry_with_an_id_of_its_own(length: int) -> None:
    """Ids that begin alike have different retries, however long they are."""
    ids = {make_retry_id(end_.rjust(length, "x"), number) for end_ in "ab" for number in (1, 2, 10_000)}
    assert len(ids) == 6
    assert all(map(is_job_id, ids))
