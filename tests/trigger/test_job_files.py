"""GET /jobs/<jobId>/result, /text and /document: where a client reads what a job has stored."""

from datetime import datetime
from pathlib import Path

import boto3  # type: ignore[import-untyped] # it has no types
import pytest
from urllib3 import PoolManager

from durable.wire.client import Client
from durable.wire.fields import SettledBy
from durable.wire.records import Value
from durable.wire.requests import PromiseCreate, PromiseSettle
from lambdas.trigger.file_addresses import LINK_SECONDS, BucketAddresses, open_addresses
from local.server_process import ServerProcess
from tests.aws import serve_aws

from .conftest import Api, Body, Reply, api_over, settle

REGION = "eu-central-1"
NAMES = ("result", "text", "document")


def read(api: Api, name: str, job_id: str = "job-1") -> Reply:
    return api.send("GET", f"/jobs/{job_id}/{name}")


def refer(key: str, size: int = 7) -> Body:
    return {"reference": {"key": key, "size": size, "sha256": "0" * 64}}


def checkpoint(client: Client, place: int, name: str, value: object, state: SettledBy = "resolved") -> None:
    """Record a step as a worker does."""
    promise_id = f"doc/job-1:{place}"
    tags = {"resonate:origin": "doc/job-1", "durable:name": name}
    client.create(PromiseCreate(id=promise_id, timeout_at=10**14, tags=tags))
    client.settle(PromiseSettle(id=promise_id, state=state, value=Value.encode(value)))


def test_each_file_is_there_once_its_step_is_done(api: Api, client: Client) -> None:
    """Also while the job goes on."""
    api.submit()
    steps = [
        ("document", "download", refer("jobs/job-1/original.pdf")),
        ("text", "extract", {"value": {"kind": "text", **refer("jobs/job-1/text-0.json")}}),
        ("result", "store", refer("jobs/job-1/result.json")),
    ]
    for place, (name, step, value) in enumerate(steps, start=2):
        early = read(api, name)
        assert (early.status, early.body["code"], early.body["state"]) == (409, "wrong_state", "processing")
        assert f"it has no {name} yet" in early.body["error"]
        checkpoint(client, place, step, value)
        reply = read(api, name)
        reference = value.get("reference") or value["value"]["reference"]
        assert (reply.status, reply.headers["Location"]) == (303, f"/objects/{reference['key']}")
        assert reply.body == {"url": reply.headers["Location"], "size": 7}
        assert reply.headers["Cache-Control"] == "no-store"


def test_the_text_of_pages_that_others_read_is_that_of_the_last_step(api: Api, client: Client) -> None:
    api.submit()
    checkpoint(client, 3, "extract", {"value": {"kind": "unread_pages", "pages": 40}})
    assert read(api, "text").status == 409
    checkpoint(client, 5, "join", {"kind": "text", **refer("jobs/job-1/text-1.json")})
    assert read(api, "text").headers["Location"] == "/objects/jobs/job-1/text-1.json"


def test_a_durable_attempt_that_failed_is_no_file(api: Api, client: Client) -> None:
    api.submit()
    checkpoint(client, 2, "download", {"message": "{}"}, state="rejected")
    assert read(api, "document").status == 409
    checkpoint(client, 4, "download", refer("jobs/job-1/original.pdf"))
    assert read(api, "document").status == 303


def test_a_failed_job_shows_what_it_has_stored_before(api: Api, client: Client) -> None:
    api.submit()
    checkpoint(client, 2, "download", refer("jobs/job-1/original.pdf"))
    settle(client, "rejected")
    assert read(api, "document").status == 303
    missing = read(api, "result")
    assert (missing.status, missing.body["state"]) == (409, "failed")
    assert missing.body["error"] == "job job-1 is failed: it has no result"


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"reference": "jobs/job-1/result.json"},
        refer("jobs/job-2/result.json"),
        refer("jobs/job-12/result.json"),
        refer("paid/1/answer.json"),
    ],
)
def test_an_object_of_another_job_is_never_shown(api: Api, client: Client, value: object) -> None:
    """Whatever a checkpoint says: another program may have written it."""
    api.submit()
    checkpoint(client, 2, "store", value)
    assert read(api, "result").status == 409


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_job_is_404(api: Api, name: str) -> None:
    for job_id in ("never-seen", "job-1:1", "x" * 129):
        assert (read(api, name, job_id).status, read(api, name, job_id).body["status"]) == (404, "not_found")


@pytest.mark.parametrize("name", NAMES)
def test_a_server_that_is_down_is_503(mortal: ServerProcess, folder: Path, name: str) -> None:
    with Client(mortal.url) as client:
        api = api_over(client, folder)
        api.submit()
        mortal.kill()
        assert (read(api, name).status, read(api, name).body["code"]) == (503, "unavailable")


def test_an_address_of_a_bucket_is_signed_for_one_object_and_a_short_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_aws() as aws:
        for name, value in {
            "AWS_ENDPOINT_URL": aws,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        }.items():
            monkeypatch.setenv(name, value)
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="documents", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="documents", Key="some/jobs/job-1/result.json", Body=b"content")
        addresses = open_addresses("s3://documents/some")
        assert isinstance(addresses, BucketAddresses)
        address = addresses.make("jobs/job-1/result.json")
        assert PoolManager().request("GET", address.url).data == b"content"
    assert address.seconds == LINK_SECONDS
    assert f"X-Amz-Expires={LINK_SECONDS}&" in address.url
    assert "X-Amz-Signature=" in address.url


def test_an_answer_says_when_its_address_expires(client: Client, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.setenv(name, "testing")
    api = api_over(client, folder, files=BucketAddresses("s3://documents"))
    api.submit()
    checkpoint(client, 2, "download", refer("jobs/job-1/original.pdf"))
    reply = read(api, "document")
    assert reply.body["url"] == reply.headers["Location"]
    left = datetime.fromisoformat(reply.body["expiresAt"]).timestamp() - datetime.now().astimezone().timestamp()
    assert 0 < left <= LINK_SECONDS
