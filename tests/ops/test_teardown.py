"""Teardown says what goes and what stays, asks, empties no bucket but ours, and can be run again at any time."""

import json
from pathlib import Path

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from ops.aws.buckets import empty, remove
from ops.aws.client import Client
from ops.aws.deletion import unprotect
from ops.pending_buckets import PendingBuckets
from tests.ops.conftest import REGION
from tests.ops.stacks import GOING, NAME, STAYING, deploy, set_status
from tests.ops.terminal import Ended, Terminal
from tests.ops.web import Reply, serving

FOREIGN = "somebody-elses"
UNPROTECTED = (
    b'<UpdateTerminationProtectionResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">'
    b"<UpdateTerminationProtectionResult><StackId>x</StackId></UpdateTerminationProtectionResult>"
    b"</UpdateTerminationProtectionResponse>"
)


@pytest.fixture
def buckets(client: Client) -> Client:
    """A deployed stack; two versions of an object and a delete marker in each bucket, and a bucket of somebody else."""
    deploy(client)
    s3 = client("s3")
    s3.create_bucket(Bucket=FOREIGN, CreateBucketConfiguration={"LocationConstraint": REGION})
    for bucket in (STAYING, GOING, FOREIGN):
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


def there(client: Client) -> set[str]:
    return {bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]}


def is_deployed(client: Client) -> bool:
    found = client("cloudformation").list_stacks()["StackSummaries"]
    return any(stack["StackStatus"] != "DELETE_COMPLETE" for stack in found)


def test_it_says_what_goes_and_what_stays_and_does_it(on_aws: Terminal, client: Client, buckets: Client) -> None:
    ended = teardown(on_aws, stdin=f"{NAME}\n")
    assert ended.code == 0, ended
    goes, _, stays = ended.out.partition("and this stays:")
    assert "AWS::Logs::LogGroup" in goes
    assert STAYING in stays
    assert not is_deployed(client)
    assert GOING not in there(client)
    assert FOREIGN in there(client)
    assert len(buckets.list_object_versions(Bucket=FOREIGN)["Versions"]) > 0


def test_the_wrong_name_deletes_nothing(on_aws: Terminal, client: Client, buckets: Client) -> None:
    ended = teardown(on_aws, stdin="longhand\n")
    assert (ended.code, "nothing was deleted" in ended.err) == (64, True)
    assert is_deployed(client)
    assert len(buckets.list_object_versions(Bucket=GOING)["Versions"]) == 3


def test_nobody_who_could_be_asked_deletes_nothing(on_aws: Terminal, client: Client, buckets: Client) -> None:
    del buckets
    ended = teardown(on_aws)
    assert (ended.code, "nothing was deleted: say --confirm Longhand" in ended.err) == (130, True), ended
    assert is_deployed(client)


def test_documents_go_only_when_that_is_said(on_aws: Terminal, client: Client, buckets: Client) -> None:
    del buckets
    ended = teardown(on_aws, "--confirm", NAME, "--delete-documents")
    assert ended.code == 0, ended
    assert there(client) == {FOREIGN}


@pytest.mark.parametrize(("profile", "keeps"), [("production", False), ("small", True)])
def test_production_only_goes_by_force(on_aws: Terminal, client: Client, profile: str, *, keeps: bool) -> None:
    """Whether it says so itself, or only keeps its database."""
    deploy(client, profile=profile, keeps=keeps)
    refused = teardown(on_aws, "--confirm", NAME)
    assert (refused.code, "--force" in refused.err) == (65, True)
    assert is_deployed(client)
    assert teardown(on_aws, "--confirm", NAME, "--force").code == 0
    assert not is_deployed(client)


def test_by_force_a_database_that_refuses_to_be_deleted_goes(on_aws: Terminal, client: Client) -> None:
    deploy(client, keeps=True)
    rds = client("rds")
    [database] = rds.describe_db_instances()["DBInstances"]
    rds.modify_db_instance(DBInstanceIdentifier=database["DBInstanceIdentifier"], DeletionProtection=True)
    ended = teardown(on_aws, "--confirm", NAME, "--force")
    assert ended.code == 0, ended
    assert "leaves a snapshot" in ended.out
    assert rds.describe_db_instances()["DBInstances"] == []


def test_a_protected_stack_only_goes_by_force(on_aws: Terminal, client: Client) -> None:
    deploy(client, protected=True)
    refused = teardown(on_aws, "--confirm", NAME)
    assert (refused.code, "protected against deletion" in refused.err) == (65, True)
    assert is_deployed(client)


def test_by_force_the_protection_is_lifted() -> None:
    """Written down by a server of ours: moto has no such request."""
    with serving(lambda _: Reply(200, UNPROTECTED, {"content-type": "text/xml"})) as web:
        session = boto3.Session("id", "secret", region_name=REGION)
        client = session.client("cloudformation", endpoint_url=web.url)
        unprotect(client, NAME)
    assert b"Action=UpdateTerminationProtection" in web.asked[0].body
    assert b"EnableTerminationProtection=false" in web.asked[0].body


def test_a_stack_of_somebody_else_is_not_touched(on_aws: Terminal, client: Client) -> None:
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


def test_again_after_the_end_there_is_nothing_to_do(on_aws: Terminal, client: Client, buckets: Client) -> None:
    del buckets
    teardown(on_aws, "--confirm", NAME)
    again = teardown(on_aws, "--confirm", NAME)
    assert (again.code, again.out) == (0, f"There is no stack {NAME} in {REGION} any more.\n")
    assert STAYING in there(client)


def test_again_after_half_a_run_it_goes_on(
    on_aws: Terminal,
    client: Client,
    buckets: Client,
) -> None:
    """The stack went, and the buckets that were to go with it did not, as when the run was interrupted in between."""
    PendingBuckets(REGION, NAME, Path(on_aws.environ["LONGHAND_STATE"])).write([STAYING])
    empty(buckets, GOING)
    client("cloudformation").delete_stack(StackName=NAME)
    ended = teardown(on_aws)
    assert ended.code == 0, ended
    assert there(client) == {FOREIGN}
    assert teardown(on_aws).code == 0


def test_emptying_twice_is_emptying_once_and_leaves_no_version(client: Client, buckets: Client) -> None:
    del client
    for number in range(1_100):
        buckets.put_object(Bucket=GOING, Key=f"many/{number}", Body=b"")
    buckets.create_multipart_upload(Bucket=GOING, Key="half")
    assert empty(buckets, GOING) == 1_104
    assert empty(buckets, GOING) == 0
    found = buckets.list_object_versions(Bucket=GOING)
    assert "Versions" not in found
    assert "DeleteMarkers" not in found
    assert "Uploads" not in buckets.list_multipart_uploads(Bucket=GOING)
    assert remove(buckets, "never-was") == 0
