"""POST /uploads gives an address that takes the announced bytes once, and a job may name them."""

import hashlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import botocore.auth  # type: ignore[import-untyped] # it has no types
import pytest
from aws_lambda_powertools import Logger
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped] # as above
from botocore.credentials import Credentials  # type: ignore[import-untyped] # as above

from contract.names import promise_id
from contract.object_keys import upload_key
from contract.uploads import URL_SECONDS
from durable.wire.client import Client
from durable.wire.clock import Clock
from lambdas.trigger.ports import Ports
from lambdas.trigger.presigned_put import presign_put
from lambdas.trigger.progress import ProgressReader
from lambdas.trigger.progress_store import ProgressStore
from lambdas.trigger.routes import Api as TriggerApi
from lambdas.trigger.settings import UploadAccess
from tests.upload_site import serve_uploads

from .conftest import JOB, Api, Reply

CONTENT = b"%PDF-1.7 hello"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
UPLOAD = {"name": "My invoice.pdf", "size": len(CONTENT), "contentType": "application/pdf"}
ADA, BOB = ({"jwt": {"claims": {"sub": name}}} for name in ("ada", "bob"))


# Of a trigger that signed an address more than a quarter of an hour ago.
EARLY_CLOCK = Clock(now=lambda: time.time() - URL_SECONDS - 1)


@pytest.fixture
def access(folder: Path) -> Iterator[UploadAccess]:
    with serve_uploads(folder) as access:
        yield access


def make_api(client: Client, folder: Path, access: UploadAccess | None, clock: Clock | None = None) -> Api:
    log = Logger(service="trigger-test", level="CRITICAL")
    progress, url = ProgressReader(ProgressStore(folder.as_uri()), log), folder.as_uri()
    ports = Ports(server=client, progress=progress, log=log, store_url=url, uploads=access, clock=clock or Clock())
    return Api(TriggerApi(ports))


@pytest.fixture
def api(client: Client, folder: Path, access: UploadAccess) -> Api:
    return make_api(client, folder, access)


def announce(api: Api, caller: dict[str, Any] | None = None, **changes: object) -> Reply:
    return api.send("POST", "/uploads", json.dumps(UPLOAD | changes), authorizer=caller)


def put(reply: Reply, content: bytes = CONTENT, *, drop: str = "", url: str = "", **headers: str) -> tuple[int, str]:
    """Send bytes to the address of an announcement; return status and S3's code."""
    sent = {**reply.body["headers"], **{name.replace("_", "-"): value for name, value in headers.items()}}
    sent.pop(drop, None)
    request = HttpRequest(url or reply.body["url"], content, sent, method="PUT")  # noqa: S310 - our own endpoint
    try:
        with urlopen(request, timeout=10) as response:  # noqa: S310 - as above
            return response.status, ""
    except HTTPError as error:
        with error:
            return error.code, error.read().decode().partition("<Code>")[2].partition("<")[0]


def submit(api: Api, upload_id: str, caller: dict[str, Any] | None = None, **changes: object) -> Reply:
    job = {name: value for name, value in JOB.items() if name != "documentUrl"} | {"uploadId": upload_id} | changes
    if caller:
        del job["requesterId"]
    return api.send("POST", "/process-document", json.dumps(job), authorizer=caller)


def read_stored(folder: Path, reply: Reply) -> bytes | None:
    file = folder / upload_key(reply.body["uploadId"])
    return file.read_bytes() if file.exists() else None


def test_an_upload_becomes_the_document_of_a_job(api: Api, client: Client, folder: Path) -> None:
    reply = announce(api)
    assert (reply.status, reply.body["status"], reply.body["method"]) == (201, "open", "PUT")
    upload_id = reply.body["uploadId"]
    assert upload_id.startswith("My-invoice-")
    refused = submit(api, upload_id)
    assert (refused.status, refused.body["code"]) == (409, "upload_missing")
    assert api.status().status == 404
    assert put(reply) == (200, "")
    assert read_stored(folder, reply) == CONTENT
    accepted = submit(api, upload_id)
    assert accepted.status == 202
    (job,) = client.get(promise_id("job-1")).param.decode()["args"]
    assert job == {"jobId": "job-1", "requesterId": JOB["requesterId"], "type": "report", "uploadId": upload_id}


def test_a_repeated_job_is_the_same_one_after_its_upload_was_deleted(api: Api, folder: Path) -> None:
    reply = announce(api)
    put(reply)
    first = submit(api, reply.body["uploadId"])
    (folder / upload_key(reply.body["uploadId"])).unlink()
    assert submit(api, reply.body["uploadId"]).body == first.body
    assert submit(api, reply.body["uploadId"], jobId="job-2").body["code"] == "upload_missing"


def test_the_same_content_is_the_same_upload_and_is_sent_once(api: Api) -> None:
    first, second = announce(api, sha256=SHA256), announce(api, sha256=SHA256)
    assert first.body["uploadId"] == second.body["uploadId"]
    assert (put(first), put(second)) == ((200, ""), (412, "PreconditionFailed"))
    complete = announce(api, sha256=SHA256)
    assert (complete.status, complete.body) == (200, {"status": "complete", "uploadId": first.body["uploadId"]})
    assert announce(api).body["uploadId"] != announce(api).body["uploadId"]  # without a hash nothing is known


@pytest.mark.parametrize(
    "other",
    [
        {"content": CONTENT + b"!"},
        {"content": CONTENT[:-1]},
        {"content_type": "text/html"},
        {"if_none_match": '"a"'},
        {"drop": "if-none-match"},
        {"drop": "x-amz-checksum-sha256"},
        {"x_amz_checksum_sha256": "AAAA"},
    ],
    ids=str,
)
def test_what_was_not_announced_is_refused(api: Api, folder: Path, other: dict[str, Any]) -> None:
    reply = announce(api, sha256=SHA256)
    assert put(reply, **other) == (403, "SignatureDoesNotMatch")
    assert read_stored(folder, reply) is None


def test_other_bytes_of_the_same_size_are_refused(api: Api, folder: Path) -> None:
    reply = announce(api, sha256=SHA256)
    assert put(reply, CONTENT[::-1]) == (400, "BadDigest")
    assert read_stored(folder, reply) is None
    assert list(folder.rglob("*.*")) == []


def test_an_altered_address_is_refused(api: Api, folder: Path) -> None:
    reply = announce(api)
    url: str = reply.body["url"]
    for altered in (
        url.replace("/document", "/other"),
        url.replace("uploads/", "jobs/"),
        url.replace("Expires=900", "Expires=9000"),
        url[:-1] + ("0" if url[-1] != "0" else "1"),
        url.partition("?")[0],
        url.replace("X-Amz-Date=2", "X-Amz-Date=x"),
    ):
        assert put(reply, url=altered) == (403, "SignatureDoesNotMatch"), altered
    assert list(folder.iterdir()) == []


def test_an_address_expires(client: Client, folder: Path, access: UploadAccess) -> None:
    reply = announce(make_api(client, folder, access, EARLY_CLOCK))
    assert put(reply) == (403, "AccessDenied")
    assert datetime.fromisoformat(reply.body["expiresAt"]) < datetime.now(UTC)


def test_the_upload_of_another_requester_does_not_exist(api: Api) -> None:
    reply = announce(api, ADA, sha256=SHA256)
    put(reply)
    upload_id = reply.body["uploadId"]
    assert submit(api, upload_id, BOB).body["code"] == "upload_missing"
    assert submit(api, upload_id, ADA).status == 202
    assert announce(api, BOB, sha256=SHA256).status == 201  # nor does its content


BAD_BODIES = [
    *({**UPLOAD, name: value} for name, value in {"size": 0, "name": "", "contentType": "pdf", "sha256": "0"}.items()),
    *({**UPLOAD, "size": value} for value in (-1, 1.5, "9", None, 50 * 2**20 + 1, 10**30)),
    {**UPLOAD, "name": "a\nb"},
    {**UPLOAD, "name": "a" * 256},
    {**UPLOAD, "contentType": "text/html\nx: y"},
    {**UPLOAD, "more": 1},
    {"name": "a"},
    {"size": 1},
    {},
    [],
]


@pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: str(body)[:40])
def test_a_bad_announcement_is_refused_in_one_sentence(api: Api, folder: Path, body: object) -> None:
    reply = api.send("POST", "/uploads", json.dumps(body))
    assert (reply.status, reply.body["code"]) == (400, "bad_request")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"documentUrl": "https://example.com/a.pdf"}, "not both"),
        ({"uploadId": "../a"}, "uploadId must be the uploadId of an answer"),
        ({"uploadId": 7}, "uploadId must be the uploadId of an answer"),
        ({"uploadId": None}, "are required"),
        ({"documentUrl": "upload://a", "uploadId": None}, "documentUrl must be"),
    ],
    ids=str,
)
def test_a_job_names_exactly_one_document(api: Api, changes: dict[str, Any], words: str) -> None:
    reply = submit(api, "a-1", **changes)
    assert (reply.status, reply.body["code"]) == (400, "bad_request")
    assert words in reply.body["error"]


def test_a_store_that_fails_is_unavailable_and_nothing_is_recorded(client: Client, folder: Path) -> None:
    (folder / "uploads").write_text("not a folder")
    api = make_api(client, folder, UploadAccess(url="http://h", region="r", key_id="k", secret="s"))  # noqa: S106
    reply = submit(api, "a-1")
    assert (reply.status, reply.body["code"], reply.headers["Retry-After"]) == (503, "unavailable", "2")
    assert api.status().status == 404


def test_an_address_is_signed_as_awss_own_library_signs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    at = 1_790_000_000.5
    moment = datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda **_: moment)
    url = "https://bucket.s3.eu-west-1.amazonaws.com/uploads/a-1/document"
    headers = {"content-length": "12", "content-type": "a/b", "if-none-match": "*", "x-amz-checksum-sha256": "ab="}
    access = UploadAccess(url="", region="eu-west-1", key_id="K", secret="S", session_token="T/+=")  # noqa: S106
    theirs = AWSRequest("PUT", url, headers=headers)
    credentials = Credentials("K", "S", "T/+=")
    botocore.auth.S3SigV4QueryAuth(credentials, "s3", "eu-west-1", expires=900).add_auth(theirs)
    ours = presign_put(url, headers, access, at=at, seconds=900)
    assert parse_qs(urlsplit(ours).query) == parse_qs(urlsplit(theirs.url).query)
