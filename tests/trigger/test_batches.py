"""POST /batches records many jobs at once or none, and GET /batches/<batchId> counts them."""

import json
from pathlib import Path
from typing import Any

import pytest

from contract.batches import MAX_ITEMS, BatchJobs, BatchReceipt
from contract.job import DocumentJob
from contract.names import Tag, batch_cancel_id, batch_promise_id, promise_id
from durable.wire.client import Client
from durable.wire.records import Value
from durable.wire.requests import PromiseSearch, PromiseSettle
from lambdas.trigger.ports import KeeperAddress

from .conftest import Api, Reply, api_over

URL = "https://example.com/a.pdf"
ITEMS: list[dict[str, Any]] = [{"documentUrl": URL}, {"jobId": "mine", "documentUrl": URL, "type": "contract"}]
BATCH: dict[str, Any] = {"batchId": "b", "requesterId": "ada", "defaults": {"type": "invoice"}, "items": ITEMS}
BOB = {"jwt": {"claims": {"sub": "bob"}}}


@pytest.fixture
def api(client: Client, folder: Path, keeper_url: str) -> Api:
    return api_over(client, folder, keeper=KeeperAddress(url=keeper_url))


def send(api: Api, caller: dict[str, Any] | None = None, **changes: object) -> Reply:
    return api.send("POST", "/batches", json.dumps(BATCH | changes), authorizer=caller)


def count_records(client: Client) -> int:
    return len(list(client.search_all(PromiseSearch())))


def create_jobs(client: Client, jobs: list[DocumentJob], receipt: BatchReceipt) -> None:
    """Do what the worker does with a batch: create the jobs, and settle its promise."""
    for job in jobs:
        tags = {**job.tags(), Tag.BATCH.value: "b"}
        client.start(promise_id(job.job_id), "process_document", job, target="poll://any@none", timeout=60, tags=tags)
    client.settle(PromiseSettle(id=batch_promise_id("b"), state="resolved", value=Value.encode(receipt)))


def read_jobs(folder: Path) -> list[DocumentJob]:
    [file] = (folder / "batches" / "b").iterdir()
    return BatchJobs.from_json(file.read_bytes()).jobs


def test_a_batch_is_recorded_with_the_list_of_its_jobs(api: Api, client: Client, folder: Path) -> None:
    reply = send(api)
    assert (reply.status, reply.headers["Location"]) == (202, "/batches/b")
    assert reply.body == {"batchId": "b", "state": "submitting", "total": 2, "statusUrl": "/batches/b"}
    promise = client.get(batch_promise_id("b"))
    assert promise.tags[Tag.REQUESTER] == "ada"
    assert read_jobs(folder) == [
        DocumentJob(job_id="b-0001", document_url=URL, requester_id="ada", type="invoice"),
        DocumentJob(job_id="mine", document_url=URL, requester_id="ada", type="contract"),
    ]
    assert promise.param.decode()["args"][0].items() >= {"batchId": "b", "count": 2}.items()


def test_the_same_batch_again_is_the_same_and_another_one_is_refused(api: Api, client: Client) -> None:
    first, again = send(api), send(api, items=[dict(reversed(one.items())) for one in ITEMS])
    assert first.body == again.body
    other = send(api, items=ITEMS[:1])
    assert (other.status, other.body["code"]) == (409, "batch_id_taken")
    assert count_records(client) == 1


def test_without_an_id_the_content_is_the_id(api: Api) -> None:
    ids = [send(api, batchId=None, items=items).body["batchId"] for items in (ITEMS, ITEMS, ITEMS[:1])]
    assert (ids[0] == ids[1], ids[0] == ids[2]) == (True, False)


WRONG_ITEMS = [
    ([{"documentUrl": "ftp://a"}], "item 2: documentUrl must be"),
    ([{}], "item 2: documentUrl and requesterId are required"),
    ([{"documentUrl": URL, "jobId": "a/b"}], "item 2: jobId must be"),
    ([{"documentUrl": URL, "typ": "x"}], 'item 2: the field "typ" is unknown'),
    ([{"documentUrl": URL, "type": "unknown"}], "item 2: type must be one of"),
    ([{"documentUrl": URL, "requesterId": "bob"}], "item 2: requesterId is a field of the batch"),
    ([{"documentUrl": URL, "documentPassword": "secret"}], "item 2: documentPassword is no field of an item"),
    ([{"documentUrl": URL, "uploadId": "a-1"}], "item 2: a job has one document"),
    ([{"documentUrl": URL, "jobId": "b-0001"}], "items 1 and 2 have the same jobId, b-0001"),
    ([{"documentUrl": URL, "jobId": "x"}, {"documentUrl": URL, "jobId": "x"}], "items 2 and 3 have the same jobId"),
]


@pytest.mark.parametrize(("items", "sentence"), WRONG_ITEMS, ids=str)
def test_a_wrong_item_refuses_the_whole_batch_and_is_named(
    api: Api, client: Client, folder: Path, items: list[dict[str, Any]], sentence: str
) -> None:
    reply = send(api, items=[ITEMS[0], *items])
    assert (reply.status, reply.body["code"]) == (400, "bad_request")
    assert sentence in reply.body["error"]
    assert "secret" not in reply.text
    assert (count_records(client), (folder / "batches").exists()) == (0, False)


def test_an_item_whose_upload_is_missing_refuses_the_whole_batch(api: Api, client: Client) -> None:
    reply = send(api, items=[*ITEMS, {"uploadId": "a-1"}])
    assert (reply.status, reply.body["code"]) == (409, "upload_missing")
    assert reply.body["error"].startswith("item 3: upload a-1 has no document")
    assert count_records(client) == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"items": []}, "1 to 1000 jobs"),
        ({"items": [ITEMS[0]] * (MAX_ITEMS + 1)}, "the batch has 1001 items: send at most 1000"),
        ({"items": "x"}, "a batch has requesterId"),
        ({"items": [1]}, "a batch has requesterId"),
        ({"requesterId": None}, "a batch has requesterId"),
        ({"batchId": "a/b"}, "a batch has requesterId"),
        ({"batchId": "a" * 121}, "a batch has requesterId"),
        ({"defaults": 1}, "a batch has requesterId"),
        ({"defaults": {"documentUrl": URL}}, "documentUrl is no default: each item has its own"),
        ({"defaults": {"typ": "x"}}, 'item 1: the field "typ" is unknown'),
        ({"more": 1}, "a batch has requesterId"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_wrong_batch_is_refused_in_one_sentence(api: Api, changes: dict[str, Any], words: str) -> None:
    reply = send(api, **changes)
    assert (reply.status, reply.body["code"]) == (400, "bad_request")
    assert words in reply.body["error"]


def test_a_batch_may_be_larger_than_a_job_but_not_without_limit(api: Api) -> None:
    long = [{"documentUrl": f"{URL}?{'x' * 1_500}"} for _ in range(MAX_ITEMS)]
    assert send(api, items=long).status == 202
    reply = api.send("POST", "/batches", " " * 4_000_001)
    assert (reply.status, reply.body["code"]) == (413, "body_too_large")


def test_a_token_names_the_requester_and_reaches_its_own_batches_only(api: Api) -> None:
    assert send(api, BOB).body["code"] == "other_requester"
    assert send(api).status == 202
    for method, path in (("GET", "/batches/b"), ("POST", "/batches/b/cancel")):
        reply = api.send(method, path, authorizer=BOB)
        assert (reply.status, reply.body["code"]) == (404, "no_batch")
    mine = {name: value for name, value in BATCH.items() if name != "requesterId"}
    taken = api.send("POST", "/batches", json.dumps(mine), authorizer=BOB)
    assert (taken.status, taken.body["code"]) == (409, "batch_id_taken")


@pytest.mark.parametrize("batch_id", ["missing", "a%2Fb", "x" * 200])
def test_a_batch_that_does_not_exist_is_404(api: Api, batch_id: str) -> None:
    for method, path in (("GET", f"/batches/{batch_id}"), ("POST", f"/batches/{batch_id}/cancel")):
        reply = api.send(method, path)
        assert (reply.status, reply.body["code"]) == (404, "no_batch")


def test_the_status_counts_jobs_by_state(api: Api, client: Client, folder: Path) -> None:
    items = [{"jobId": f"j{number}", "documentUrl": URL} for number in range(4)]
    assert api.submit(jobId="j3", documentUrl=URL, requesterId="ada", type="invoice").status == 202
    send(api, items=[*items, {"jobId": "taken", "documentUrl": URL}])
    before = api.send("GET", "/batches/b")
    assert (before.body["state"], before.body["counts"]) == ("submitting", {"submitting": 5})
    assert int(before.headers["Retry-After"]) >= 1
    create_jobs(client, read_jobs(folder)[:3], BatchReceipt(existing=["j3"], refused=["taken"]))
    client.settle(PromiseSettle(id=promise_id("j0"), state="resolved"))
    client.settle(PromiseSettle(id=promise_id("j1"), state="rejected"))
    found = api.send("GET", "/batches/b").body
    assert (found["state"], found["total"], found["jobs"]) == ("processing", 5, "/jobs?batch=b")
    assert found["counts"] == {"processing": 2, "done": 1, "failed": 1, "refused": 1}
    assert (found["existing"], found["refused"]) == (["j3"], ["taken"])
    for job_id in ("j2", "j3"):
        client.settle(PromiseSettle(id=promise_id(job_id), state="resolved"))
    ended = api.send("GET", "/batches/b")
    assert (ended.body["state"], "Retry-After" in ended.headers) == ("ended", False)
    listed = api.send("GET", "/jobs", query="batch=b").body["jobs"]
    assert sorted(one["id"] for one in listed) == ["j0", "j1", "j2"]


def test_a_cancellation_is_recorded_once(api: Api, client: Client) -> None:
    send(api)
    first, again = api.send("POST", "/batches/b/cancel"), api.send("POST", "/batches/b/cancel")
    assert (first.status, first.body["state"], first.body) == (202, "canceling", again.body)
    assert api.send("GET", "/batches/b").body["state"] == "canceling"
    client.settle(PromiseSettle(id=batch_cancel_id("b"), state="resolved"))
    assert api.send("GET", "/batches/b").body["state"] == "canceled"
    assert api.send("POST", "/batches/b/cancel").body["state"] == "canceled"


def test_a_store_that_fails_records_nothing(api: Api, client: Client, folder: Path) -> None:
    (folder / "batches").write_text("not a folder")
    reply = send(api)
    assert (reply.status, reply.body["code"], count_records(client)) == (503, "unavailable", 0)
