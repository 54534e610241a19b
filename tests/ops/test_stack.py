"""The command with a stack: documents go to its bucket, requests to its API, logs come from its log groups."""

import hashlib
import json
import time
from pathlib import Path

import pytest

from contract.uploads import UploadOpen
from ops.aws.client import Client
from tests.ops.conftest import REGION
from tests.ops.fake_server import Reply, Request, serve
from tests.ops.stacks import GROUP, KEPT_BUCKET, NAME, deploy, set_status
from tests.ops.terminal import Terminal
from tests.processes import kill_at_end
from tests.waiting import TIMEOUT_SECONDS

MOMENT = 1_790_000_000_000


def accept(request: Request) -> Reply:
    """Answer as the API does; uploads go to the same server."""
    if request.method == "GET":
        return Reply(200, b'{"status":"done","jobId":"a","result":{"pageCount":1}}')
    if request.method == "PUT":
        return Reply(200)
    if request.path == "/uploads":
        url = f"http://{request.headers['Host']}/bucket/uploads/a-1/document?signed"
        headers = {"content-type": "application/pdf", "if-none-match": "*"}
        opened = UploadOpen(upload_id="a-1", method="PUT", url=url, headers=headers, expires_at="soon")
        return Reply(201, opened.to_json())
    job = json.loads(request.body)
    answer = {"status": "accepted", "jobId": job["jobId"], "statusUrl": "", "message": "", "state": "processing"}
    return Reply(202, json.dumps(answer).encode())


def test_submit_uploads_the_file_to_the_signed_address_and_signs_only_the_requests_of_the_api(
    on_aws: Terminal,
    client: Client,
    document: Path,
) -> None:
    with serve(accept) as fake:
        deploy(client, fake.url)
        ended = on_aws.run("submit", str(document), "--stack", NAME, "--json")
    assert ended.code == 0, ended
    announced, put, submitted = fake.requests
    assert json.loads(announced.body)["sha256"] == hashlib.sha256(document.read_bytes()).hexdigest()
    assert (put.method, put.path, put.body) == ("PUT", "/bucket/uploads/a-1/document?signed", document.read_bytes())
    assert (put.headers["if-none-match"], "Authorization" in put.headers) == ("*", False)
    for one in (announced, submitted):
        assert one.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIATEST/")
    assert json.loads(submitted.body)["uploadId"] == json.loads(ended.out)["uploadId"] == "a-1"


def test_a_refused_upload_is_one_sentence_and_submits_nothing(on_aws: Terminal, client: Client, document: Path) -> None:
    denied = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
    with serve(lambda request: Reply(403, denied) if request.method == "PUT" else accept(request)) as fake:
        deploy(client, fake.url)
        ended = on_aws.run("submit", str(document), "--stack", NAME)
    assert ended.code == 69
    sentence = f"{document.name} could not be uploaded: the object store answered 403"
    assert ended.err == f"longhand: {sentence}: run the command again, and check this machine's clock\n"
    assert [request.method for request in fake.requests] == ["POST", "PUT"]


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
