"""The function that writes the console's files into the bucket, called as CloudFormation calls it."""

from collections.abc import Iterator
from typing import Any

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from lambdas.page.handler import handler
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
    keys = [one["Key"] for one in client().list_objects_v2(Bucket=NAME).get("Contents", ())]
    return {key: client().get_object(Bucket=NAME, Key=key) for key in keys}


@pytest.mark.usefixtures("aws")
def test_the_bucket_gets_the_files_of_a_laptop_with_the_identity_provider_in_the_page() -> None:
    assert send("Create")["Status"] == "SUCCESS"
    files, laptop = read_stored(), ConsoleFiles()
    page = files.pop("index.html")
    for key, file in files.items():
        served = laptop.answer(f"/{key}", None)
        assert file["Body"].read() == served.content
        assert (file["ContentType"], file["CacheControl"]) == (served.headers["Content-Type"], "no-cache")
    assert {"console/app.js", "console/sign_in.js", "console/node_modules/lit-html/lit-html.js"} <= files.keys()
    place = b'data-provider="https://login.example" data-client="id&quot;&gt;&lt;script&gt;"'
    expected = laptop.answer("/", None).content.replace(b'data-provider="" data-client=""', place)
    assert page["Body"].read() == expected
    assert page["ContentType"] == "text/html; charset=utf-8"


def test_its_role_allows_exactly_its_calls_for_an_update_that_drops_a_file(aws: RecordedAws) -> None:
    client().put_object(Bucket=NAME, Key="console/former.js", Body=b"")
    aws.calls.clear()
    assert send("Update")["Status"] == "SUCCESS"
    assert "console/former.js" not in {name.removeprefix(f"{NAME}/") for _, name in calls_of_files(aws, "PutObject")}
    [allowed] = PAGE_ROLE.values()
    called = {(action, name.partition("/")[0].split(" ")[0]) for action, name in aws.calls}
    ours = {action for action, resource in allowed if resource.startswith(PAGE_BUCKET)}
    assert {action for action, _ in called} == ours
    assert {bucket for _, bucket in called} == {NAME}
    assert "console/former.js" not in read_stored()


def calls_of_files(aws: RecordedAws, action: str) -> set[tuple[str, str]]:
    return {call for call in aws.calls if call[0] == f"s3:{action}"}


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
