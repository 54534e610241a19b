"""POST /batches takes the items of an uploaded manifest as it takes those of a request, and names them by line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.batches import MAX_ITEMS, MAX_MANIFEST_BYTES, BatchJobs
from contract.job import DocumentJob
from contract.names import Tag, batch_promise_id
from contract.object_keys import manifest_key, upload_key
from durable.wire.client import Client
from durable.wire.requests import PromiseSearch
from lambdas.trigger.settings import UploadAccess
from tests.upload_site import serve_uploads

from .conftest import Api, Reply
from .test_uploads import ADA, BOB, announce, make_api, put, submit

URL = "https://example.com/a.pdf"
OBJECT = "s3://scans/a\u2028b.pdf"  # a separator of lines, but not to JSON
LINE = json.dumps({"documentUrl": URL})
BATCH: dict[str, Any] = {"batchId": "b", "requesterId": "ada", "defaults": {"type": "invoice"}, "uploadId": "m-1"}


@pytest.fixture
def access(folder: Path) -> Iterator[UploadAccess]:
    with serve_uploads(folder) as access:
        yield access


@pytest.fixture
def api(client: Client, folder: Path, access: UploadAccess) -> Api:
    return make_api(client, folder, access)


def store(folder: Path, content: str | bytes) -> None:
    """Put a manifest where an upload of it would be."""
    file = folder / manifest_key("m-1")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)


def send(api: Api, caller: dict[str, Any] | None = None, **changes: object) -> Reply:
    return api.send("POST", "/batches", json.dumps(BATCH | changes), authorizer=caller)


def count_records(client: Client) -> int:
    return len(list(client.search_all(PromiseSearch())))


def test_an_uploaded_manifest_is_a_batch(api: Api, client: Client, folder: Path) -> None:
    mine = json.dumps({"jobId": "mine", "documentUrl": OBJECT, "type": "contract"}, ensure_ascii=False)
    content = f"\ufeff{LINE}\r\n\n{mine}\n".encode()
    opened = announce(api, name="march.jsonl", size=len(content), purpose="manifest")
    upload_id = opened.body["uploadId"]
    missing = send(api, uploadId=upload_id)
    assert (missing.status, missing.body["code"]) == (409, "upload_missing")
    assert put(opened, content) == (200, "")
    reply = send(api, uploadId=upload_id)
    assert reply.body == {"batchId": "b", "state": "submitting", "total": 2, "statusUrl": "/batches/b"}
    [file] = (folder / "batches" / "b").iterdir()
    assert BatchJobs.from_json(file.read_bytes()).jobs == [
        DocumentJob(job_id="b-0001", document_url=URL, requester_id="ada", type="invoice"),
        DocumentJob(job_id="mine", document_url=OBJECT, requester_id="ada", type="contract"),
    ]
    assert client.get(batch_promise_id("b")).tags[Tag.REQUESTER] == "ada"


def test_the_same_manifest_is_the_same_batch_after_it_was_deleted(api: Api, client: Client, folder: Path) -> None:
    store(folder, LINE)
    first, by_content = send(api), send(api, batchId=None)
    (folder / manifest_key("m-1")).unlink()
    assert (send(api).body, send(api, batchId=None).body) == (first.body, by_content.body)
    other = send(api, uploadId=None, items=[json.loads(LINE)])
    assert (other.status, other.body["code"]) == (409, "batch_id_taken")
    assert count_records(client) == 2


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([LINE, "", '{"documentUrl": "ftp://a"}'], "line 3: documentUrl must be"),
        ([LINE, "{documentUrl}"], "line 2: the item is not JSON: Expecting property name"),
        ([LINE, "[]"], "line 2: the item must be a JSON object, not an array"),
        ([LINE, '{"documentUrl": "https://a", "documentUrl": "https://b"}'], 'line 2: "documentUrl" is sent twice'),
        ([LINE, "[" * 100_000], "line 2: the JSON of the item is nested too deeply"),
        ([LINE, '{"documentUrl": "\\ud800"}'], "line 2: the item has an unpaired surrogate escape"),
        (["", '{"jobId": "x"}'], "line 2: documentUrl and requesterId are required"),
        ([LINE, json.dumps({"documentUrl": URL, "typ": "x"})], 'line 2: the field "typ" is unknown'),
        ([LINE, json.dumps({"uploadId": "m-1"})], "line 2: upload m-1 has no document"),
        ([LINE, "", json.dumps({"documentUrl": URL, "jobId": "b-0001"})], "lines 1 and 3 have the same jobId, b-0001"),
        (["", " "], "the manifest has 0 items: a batch has 1 to 1000"),
        ([LINE] * (MAX_ITEMS + 1), "the manifest has 1001 items: a batch has 1 to 1000"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_line_refuses_the_whole_batch_and_is_named(
    api: Api, client: Client, folder: Path, lines: list[str], sentence: str
) -> None:
    store(folder, "\n".join(lines))
    reply = send(api)
    assert reply.status in (400, 409)
    assert sentence in reply.body["error"]
    assert (count_records(client), (folder / "batches").exists()) == (0, False)


def test_a_manifest_that_is_no_text_is_refused(api: Api, folder: Path) -> None:
    store(folder, b"\xff\xfe{}")
    assert send(api).body["error"] == "the manifest is not UTF-8"


@pytest.mark.parametrize("changes", [{"items": [{"documentUrl": URL}]}, {"uploadId": None}, {"uploadId": "a/b"}])
def test_a_batch_has_items_or_a_manifest(api: Api, folder: Path, changes: dict[str, Any]) -> None:
    store(folder, LINE)
    reply = send(api, **changes)
    assert (reply.status, "or the uploadId of a manifest" in reply.body["error"]) == (400, True)


def test_a_document_is_no_manifest_and_a_manifest_no_document(api: Api, folder: Path) -> None:
    """The trigger could not read the document on AWS."""
    document = folder / upload_key("m-1")
    document.parent.mkdir(parents=True)
    document.write_text(LINE)
    assert send(api).body["code"] == "upload_missing"
    document.unlink()
    store(folder, LINE)
    assert submit(api, "m-1").body["code"] == "upload_missing"


def test_a_manifest_belongs_to_its_requester(api: Api) -> None:
    opened = announce(api, ADA, name="march.jsonl", size=len(LINE), purpose="manifest")
    put(opened, LINE.encode())
    batch = {"requesterId": "bob", "uploadId": opened.body["uploadId"]}
    assert send(api, BOB, **batch).body["code"] == "upload_missing"
    assert send(api, ADA, **batch | {"requesterId": "ada"}).status == 202


def test_a_manifest_has_a_limit_of_its_own(api: Api) -> None:
    refused = announce(api, size=MAX_MANIFEST_BYTES + 1, purpose="manifest")
    assert (refused.status, refused.body["code"]) == (400, "bad_request")
    assert f"a manifest may have at most {MAX_MANIFEST_BYTES} bytes" in refused.body["error"]
    assert announce(api, size=MAX_MANIFEST_BYTES + 1).status == 201
    assert "purpose (document or manifest)" in announce(api, purpose="jobs").body["error"]


def test_a_store_that_cannot_be_read_records_nothing(api: Api, client: Client, folder: Path) -> None:
    (folder / "uploads").symlink_to(folder / "uploads")  # a folder that leads to itself
    reply = send(api)
    assert (reply.status, reply.body["code"], count_records(client)) == (503, "unavailable", 0)
