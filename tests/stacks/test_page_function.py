"""The function that writes the console's files into the bucket, called as CloudFormation calls it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from lambdas.page.handler import handler
from lambdas.page.publishing import MAX_VERSIONS, find_outdated
from ops.console.files import ConsoleFiles
from tests.keys.cloudformation import Event, receive_responses
from tests.keys.conftest import LambdaContext

from .recorded_aws import REGION, RecordedAws, record_aws
from .test_permissions import PAGE_BUCKET, PAGE_ROLE

NAME = "page"
PROPERTIES = {"Bucket": NAME, "Provider": "https://login.example", "Client": 'id"><script>', "Version": "1"}


@pytest.fixture(scope="module")
def aws() -> Iterator[RecordedAws]:
    with record_aws() as aws:
        client().create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield aws


def client() -> Any:  # noqa: ANN401 as boto3 has it
    return boto3.client("s3", region_name=REGION)


def send(request: str, properties: Event = PROPERTIES) -> Event:
    with receive_responses() as receiver:
        handler(receiver.event(request, properties), LambdaContext())
        return receiver.response()


def read_stored() -> dict[str, Event]:
    s3 = client()
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=NAME).get("Contents", ())]
    return {key: s3.get_object(Bucket=NAME, Key=key) for key in keys}


@pytest.mark.usefixtures("aws")
def test_the_bucket_gets_the_files_of_a_laptop_with_the_identity_provider_in_the_page() -> None:
    assert send("Create")["Status"] == "SUCCESS"
    files, laptop = read_stored(), ConsoleFiles()
    page = files.pop("index.html")
    [version] = {key.split("/")[1] for key in files}
    files = {key.replace(f"{version}/", ""): file for key, file in files.items()}
    for key, file in files.items():
        served = laptop.answer(f"/{key}", None)
        assert file["Body"].read() == served.content
        assert (file["ContentType"], file["CacheControl"]) == (served.headers["Content-Type"], "no-cache")
    assert {"console/app.js", "console/sign_in.js", "console/node_modules/lit-html/lit-html.js"} <= files.keys()
    place = b'data-provider="https://login.example" data-client="id&quot;&gt;&lt;script&gt;"'
    expected = laptop.answer("/", None).content.replace(b'data-provider="" data-client=""', place)
    assert page["Body"].read() == expected.replace(b'"console/', f'"console/{version}/'.encode())
    assert page["ContentType"] == "text/html; charset=utf-8"


def test_its_role_allows_exactly_its_calls_for_an_update_that_drops_old_files(aws: RecordedAws) -> None:
    for version in range(MAX_VERSIONS):
        client().put_object(Bucket=NAME, Key=f"console/{version}/app.js", Body=b"")
    aws.calls.clear()
    assert send("Update")["Status"] == "SUCCESS"
    [allowed] = PAGE_ROLE.values()
    called = {(action, name.partition("/")[0].split(" ")[0]) for action, name in aws.calls}
    ours = {action for action, resource in allowed if resource.startswith(PAGE_BUCKET)}
    assert {action for action, _ in called} == ours
    assert {bucket for _, bucket in called} == {NAME}
    kept = {key.split("/")[1] for key in read_stored() if "/" in key}
    assert len(kept) == MAX_VERSIONS


@pytest.mark.parametrize(
    ("at", "outdated"),
    [
        ({"a": 1, "b": 2, "c": 3, "present": 4}, ""),
        ({"a": 1, "b": 2, "c": 3, "d": 4, "present": 5}, "a"),
        ({"a": 9, "b": 2, "c": 3, "d": 4, "present": 10}, "b"),  # one that was published again
        ({"a": 1, "b": 2, "c": 3, "d": 4, "present": 0}, "a"),  # the present one, whatever the clocks say
    ],
)
def test_an_open_tab_finds_the_files_of_the_last_versions(at: dict[str, int], outdated: str) -> None:
    """It loads a module when it first needs it."""
    written = {
        f"console/{name}/{file}": day(place) for name, place in at.items() for file in ("app.js", "views/job.js")
    }
    found = find_outdated({**written, "index.html": day(0)}, "present")
    assert found == {f"console/{name}/{file}" for name in outdated for file in ("app.js", "views/job.js")}


def day(number: int) -> datetime:
    return datetime(2026, 11, number + 1, tzinfo=UTC)


@pytest.mark.usefixtures("aws")
def test_a_deletion_empties_the_bucket_so_that_it_can_be_deleted_and_may_come_again() -> None:
    assert send("Create")["Status"] == "SUCCESS"
    assert send("Delete")["Status"] == "SUCCESS"
    assert read_stored() == {}
    gone = {**PROPERTIES, "Bucket": "never-created"}
    assert send("Delete", gone)["Status"] == "SUCCESS"
    failed = send("Create", gone)
    assert failed["Status"] == "FAILED"
    assert failed["Reason"] == "cannot write the files of the console in never-created (NoSuchBucket): deploy again"
