"""Teardown lists what is deleted and kept, asks, empties only the stack's buckets, and can be run again."""

import json
from pathlib import Path

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from ops.aws.buckets import delete_bucket, empty_bucket
from ops.aws.client import Client
from ops.aws.deletion import disable_termination_protection
from ops.pending_buckets import PendingBuckets
from tests.ops.conftest import REGION
from tests.ops.fake_server import Reply, serve
from tests.ops.stacks import DELETED_BUCKET, KEPT_BUCKET, NAME, deploy, set_status
from tests.ops.terminal import Ended, Terminal

FOREIGN = "foreign"
UNPROTECTED_REPLY = (
    b'<UpdateTerminationProtectionResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">'
    b"<UpdateTerminationProtectionResult><StackId>x</StackId></UpdateTerminationProtectionResult>"
    b"</UpdateTerminationProtectionResponse>"
)


@pytest.fixture
def buckets(client: Client) -> Client:
    """A deployed stack; two versions of an object and a delete marker in each bucket, and a bucket of another owner."""
    deploy(client)
    s3 = client("s3")
    s3.create_bucket(Bucket=FOREIGN, CreateBucketConfiguration={"LocationConstraint": REGION})
    for bucket in (KEPT_BUCKET, DELETED_BUCKET, FOREIGN):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for body in (b"first", b"second"):
            s3.put_object(Bucket=bucket, Key="object", Body=body)
        s3.put_object(Bucket=bucket, Key="deleted", Body=b"")
        s3.delete_object(Bucket=bucket, Key="deleted")
    return s3


def teardown(terminal: Terminal, *words: str, stdin: str | None = None) -> Ended:
    ended = terminal.run("teardown", "--stack", NAME, *words, stdin=stdin)
    assert "Traceback" not in ended.err
    return ended


def list_buckets(client: Client) -> set[str]:
    return {bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]}


def is_deployed(client: Client) -> bool:
    found = client("cloudformation").list_stacks()["StackSummaries"]
    return any(stack["StackStatus"] != "DELETE_COMPLETE" for stack in found)


def test_teardown_lists_what_is_deleted_and_kept_and_deletes(on_aws: Terminal, client: Client, buckets: Client) -> None:
    ended = teardown(on_aws, stdin=f"{NAME}\n")
    assert ended.code == 0, ended
    deleted, _, kept = ended.out.partition("Kept:")
    assert "AWS::Logs::LogGroup" in deleted
    assert KEPT_BUCKET in kept
    assert not is_deployed(client)
    assert DELETED_BUCKET not in list_buckets(client)
    assert FOREIGN in list_buckets(client)
    assert len(buckets.list_object_versions(Bucket=FOREIGN)["Versions"]) > 0


def test_the_wrong_name_deletes_nothing(on_aws: Terminal, client: Client, buckets: Client) -> None:
    ended = teardown(on_aws, stdin="longhand\n")
    assert (ended.code, "nothing was deleted" in ended.err) == (64, True)
    assert is_deployed(client)
    assert len(buckets.list_object_versions(Bucket=DELETED_BUCKET)["Versions"]) == 3


def test_teardown_without_a_terminal_deletes_nothing(on_aws: Terminal, client: Client, buckets: Client) -> None:
    del buckets
    ended = teardown(on_aws)
    assert (ended.code, "nothing was deleted: add --confirm Longhand" in ended.err) == (130, True), ended
    assert is_deployed(client)


def test_documents_are_deleted_only_with_delete_documents(on_aws: Terminal, client: Client, buckets: Client) -> None:
    del buckets
    ended = teardown(on_aws, "--confirm", NAME, "--delete-documents")
    assert ended.code == 0, ended
    assert list_buckets(client) == {FOREIGN}


@pytest.mark.parametrize(("profile", "keeps_database"), [("production", False), ("small", True)])
def test_production_is_deleted_only_with_force(
    on_aws: Terminal, client: Client, profile: str, *, keeps_database: bool
) -> None:
    """Production is recognized by its output Profile, or by a database that is kept."""
    deploy(client, profile=profile, keeps_database=keeps_database)
    refused = teardown(on_aws, "--confirm", NAME)
    assert (refused.code, "--force" in refused.err) == (65, True)
    assert is_deployed(client)
    assert teardown(on_aws, "--confirm", NAME, "--force").code == 0
    assert not is_deployed(client)


def test_force_deletes_a_protected_database(on_aws: Terminal, client: Client) -> None:
    deploy(client, keeps_database=True)
    rds = client("rds")
    [database] = rds.describe_db_instances()["DBInstances"]
    rds.modify_db_instance(DBInstanceIdentifier=database["DBInstanceIdentifier"], DeletionProtection=True)
    ended = teardown(on_aws, "--confirm", NAME, "--force")
    assert ended.code == 0, ended
    assert "leaves a snapshot" in ended.out
    assert rds.describe_db_instances()["DBInstances"] == []


def test_a_protected_stack_is_deleted_only_with_force(on_aws: Terminal, client: Client) -> None:
    deploy(client, protected=True)
    refused = teardown(on_aws, "--confirm", NAME)
    assert (refused.code, "protected against deletion" in refused.err) == (65, True)
    assert is_deployed(client)


def test_force_disables_the_termination_protection() -> None:
    """Recorded by a fake server: moto does not know this request."""
    with serve(lambda _: Reply(200, UNPROTECTED_REPLY, {"content-type": "text/xml"})) as fake:
        session = boto3.Session("id", "secret", region_name=REGION)
        client = session.client("cloudformation", endpoint_url=fake.url)
        disable_termination_protection(client, NAME)
    assert b"Action=UpdateTerminationProtection" in fake.requests[0].body
    assert b"EnableTerminationProtection=false" in fake.requests[0].body


def test_a_stack_of_another_project_is_not_deleted(on_aws: Terminal, client: Client) -> None:
    body = {"Description": "another", "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    client("cloudformation").create_stack(StackName=NAME, TemplateBody=json.dumps(body))
    ended = teardown(on_aws, "--confirm", NAME, "--force")
    assert (ended.code, "not one of this project" in ended.err) == (65, True)
    assert is_deployed(client)


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"])
def test_a_stack_that_is_stuck_can_be_deleted(on_aws: Terminal, client: Client, status: str) -> None:
    deploy(client)
    set_status(status)
    assert teardown(on_aws, "--confirm", NAME).code == 0
    assert not is_deployed(client)


def test_a_second_teardown_has_nothing_to_do(on_aws: Terminal, client: Client, buckets: Client) -> None:
    del buckets
    teardown(on_aws, "--confirm", NAME)
    again = teardown(on_aws, "--confirm", NAME)
    assert (again.code, again.out) == (0, f"The stack {NAME} does not exist in {REGION} any more.\n")
    assert KEPT_BUCKET in list_buckets(client)


def test_teardown_resumes_after_an_interruption(
    on_aws: Terminal,
    client: Client,
    buckets: Client,
) -> None:
    """The interrupted run deleted the stack, and not yet the documents' bucket."""
    PendingBuckets(REGION, NAME, Path(on_aws.environ["LONGHAND_STATE"])).write([KEPT_BUCKET])
    empty_bucket(buckets, DELETED_BUCKET)
    client("cloudformation").delete_stack(StackName=NAME)
    ended = teardown(on_aws)
    assert ended.code == 0, ended
    assert list_buckets(client) == {FOREIGN}
    assert teardown(on_aws).code == 0


def test_empty_bucket_deletes_every_version_and_can_be_repeated(
    buckets: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")  # on a page; AWS has 1,000
    for number in range(30):
        buckets.put_object(Bucket=DELETED_BUCKET, Key=f"many/{number}", Body=b"")
    buckets.create_multipart_upload(Bucket=DELETED_BUCKET, Key="half")
    assert empty_bucket(buckets, DELETED_BUCKET) == 34
    assert empty_bucket(buckets, DELETED_BUCKET) == 0
    found = buckets.list_object_versions(Bucket=DELETED_BUCKET)
    assert "Versions" not in found
    assert "DeleteMarkers" not in found
    assert "Uploads" not in buckets.list_multipart_uploads(Bucket=DELETED_BUCKET)
    assert delete_bucket(buckets, "never-was") == 0
