"""The command with a stack: documents go to its bucket, requests to its API, logs come from its log groups."""

import json
import time
from pathlib import Path

import pytest

from ops.aws.client import Client
from tests.ops.conftest import REGION
from tests.ops.fake_server import Reply, Request, serve
from tests.ops.stacks import GROUP, KEPT_BUCKET, NAME, deploy, set_status
from tests.ops.terminal import Terminal
from tests.processes import kill_at_end
from tests.waiting import TIMEOUT_SECONDS

MOMENT = 1_790_000_000_000


def accept(request: Request) -> Reply:
    """Answer as the API does."""
    if request.method == "GET":
        return Reply(200, b'{"status":"done","jobId":"a","result":{"pageCount":1}}')
    job = json.loads(request.body)
    answer = {"status": "accepted", "jobId": job["jobId"], "statusUrl": "", "message": "", "state": "processing"}
    return Reply(202, json.dumps(answer).encode())


def test_submit_uploads_the_file_to_the_bucket_and_signs_the_request(
    on_aws: Terminal,
    client: Client,
    document: Path,
) -> None:
    with serve(accept) as fake:
        deploy(client, fake.url)
        ended = on_aws.run("submit", str(document), "--stack", NAME, "--json")
        again = on_aws.run("submit", str(document), "--stack", NAME, "--json")
    assert ended.code == 0, ended
    sent = json.loads(ended.out)
    assert again.out == ended.out
    bucket, _, key = sent["documentUrl"].removeprefix("s3://").partition("/")
    assert (bucket, key.partition("/")[0]) == (KEPT_BUCKET, "inbox")
    assert client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == document.read_bytes()
    assert fake.requests[0].headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIATEST/")
    assert json.loads(fake.requests[0].body)["documentUrl"] == sent["documentUrl"]


def test_a_bucket_without_write_permission_is_one_sentence_and_exit_code_77(
    on_aws: Terminal, client: Client, document: Path
) -> None:
    deploy(client)
    denied = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
    with serve(lambda _: Reply(403, denied)) as s3:
        ended = on_aws.with_environ(AWS_ENDPOINT_URL_S3=s3.url).run("submit", str(document), "--stack", NAME)
    assert ended.code == 77
    remedy = "get the permission, or use other credentials"
    assert ended.err == f"longhand: these credentials are not authorized for PutObject: {remedy}\n"


def test_the_stack_can_be_set_by_the_environment_and_is_printed(
    on_aws: Terminal,
    client: Client,
) -> None:
    with serve(accept) as fake:
        deploy(client, fake.url)
        ended = on_aws.with_environ(LONGHAND_STACK=NAME).run("status", "a")
    assert ended.code == 0, ended
    assert ended.err == f"Using stack {NAME} in {REGION}\n"


def test_outputs_of_a_stack_as_shell_variables(on_aws: Terminal, client: Client) -> None:
    deploy(client)
    lines = on_aws.run("outputs", "--stack", NAME, "--format", "env").out.splitlines()
    assert f"LONGHAND_REGION={REGION}" in lines
    assert f"LONGHAND_DOCUMENTS_BUCKET={KEPT_BUCKET}" in lines


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        ("ROLLBACK_COMPLETE", 78, "deleted (ROLLBACK_COMPLETE): ./longhand teardown --stack Longhand"),
        ("CREATE_FAILED", 78, "did not finish (CREATE_FAILED): ./longhand deploy --stack Longhand continues it"),
        ("UPDATE_ROLLBACK_FAILED", 78, "aws cloudformation continue-update-rollback --stack-name Longhand"),
        ("DELETE_FAILED", 78, "./longhand teardown --stack Longhand"),
        ("CREATE_IN_PROGRESS", 75, "run it again"),
    ],
)
def test_an_unusable_stack_is_reported_with_the_remedy(
    on_aws: Terminal,
    client: Client,
    status: str,
    code: int,
    words: str,
) -> None:
    deploy(client)
    set_status(status)
    ended = on_aws.run("status", "a", "--stack", NAME)
    assert ended.code == code
    assert words in ended.err
    assert ended.err.count("\n") == 1


def test_an_unknown_stack_is_reported_with_the_existing_ones(on_aws: Terminal, client: Client) -> None:
    deploy(client)
    ended = on_aws.run("status", "a", "--stack", "Misspelled")
    assert ended.code == 78
    assert f"there is no stack Misspelled in {REGION}: there is {NAME}" in ended.err
    elsewhere = on_aws.run("status", "a", "--stack", NAME, "--region", "eu-west-1")
    assert f"there is no stack {NAME} in eu-west-1" in elsewhere.err


def test_a_stack_of_another_project_has_no_api(on_aws: Terminal, client: Client) -> None:
    body = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    client("cloudformation").create_stack(StackName="Other", TemplateBody=json.dumps(body))
    ended = on_aws.run("status", "a", "--stack", "Other")
    assert (ended.code, "has no output ApiUrl" in ended.err) == (78, True)


def write(client: Client, *lines: str, at: int) -> None:
    logs = client("logs")
    logs.put_log_events(
        logGroupName=GROUP, logStreamName="one", logEvents=[{"timestamp": at, "message": line} for line in lines]
    )


def test_logs_start_at_since_and_follow_new_lines(on_aws: Terminal, client: Client) -> None:
    deploy(client)
    client("logs").create_log_stream(logGroupName=GROUP, logStreamName="one")
    now = int(time.time() * 1000)
    write(client, "long ago", at=now - 3_600_000)
    write(client, "just now", at=now)
    recent = on_aws.run("logs", "worker", "--stack", NAME, "--since", "10m")
    assert [line.partition(" ")[2] for line in recent.out.splitlines()] == ["just now"]
    assert len(on_aws.run("logs", "worker", "--stack", NAME, "--since", "2h").out.splitlines()) == 2
    with kill_at_end(on_aws.start("logs", "worker", "--stack", NAME, "--follow")) as following:
        assert following.stdout
        assert "just now" in following.stdout.readline()
        write(client, "and then", at=now + 1)
        assert "and then" in following.stdout.readline()
        following.send_signal(2)
        assert following.communicate(timeout=TIMEOUT_SECONDS) == ("", "")
        assert following.returncode == 0


@pytest.mark.parametrize("since", ["ten minutes", "10", "-5m", ""])
def test_an_invalid_since_is_reported(on_aws: Terminal, client: Client, since: str) -> None:
    deploy(client)
    ended = on_aws.run("logs", "worker", "--stack", NAME, f"--since={since}")
    assert (ended.code, "90s, 10m, 2h or 1d" in ended.err) == (64, True)
