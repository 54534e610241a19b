"""Refusals of AWS, and what is missing before a request: one sentence with a remedy, never a traceback."""

from collections.abc import Mapping

import pytest

from tests.ops.conftest import KEYS, REGION
from tests.ops.fake_server import FakeServer, Reply, serve
from tests.ops.terminal import Ended, Terminal


def refuse(code: str, message: str = "message of AWS", status: int = 400) -> Reply:
    """Answer as CloudFormation does."""
    body = (
        '<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    )
    return Reply(status, body.encode(), {"content-type": "text/xml"})


def run(terminal: Terminal, fake: FakeServer, environ: Mapping[str, str] = KEYS) -> Ended:
    ended = terminal.with_environ(AWS_ENDPOINT_URL=fake.url, AWS_REGION=REGION, **environ).run(
        "outputs", "--stack", "Longhand"
    )
    assert ended.out == ""
    assert ended.err.startswith("longhand: ")
    assert ended.err.count("\n") == 1
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in ended.err
    return ended


@pytest.mark.parametrize(
    ("reply", "code", "words"),
    [
        (refuse("ExpiredToken"), 77, "have expired: run aws sso login"),
        (refuse("InvalidClientTokenId"), 77, "does not recognize these credentials: run aws sso login"),
        (refuse("SignatureDoesNotMatch", "The signature we calculated does not match"), 77, "does not recognize these"),
        (refuse("SignatureDoesNotMatch", "Signature expired: 1 is now earlier than 2"), 78, "timedatectl"),
        (refuse("SignatureDoesNotMatch", "Signature not yet current: 2"), 78, "clock"),
        (refuse("AccessDenied", status=403), 77, "not authorized for DescribeStacks"),
        (refuse("SomethingNew", "no idea"), 78, "refused DescribeStacks (SomethingNew: no idea)"),
    ],
)
def test_every_refusal_of_aws_is_explained_with_a_remedy(
    nowhere: Terminal, reply: Reply, code: int, words: str
) -> None:
    with serve(lambda _: reply) as fake:
        ended = run(nowhere, fake)
    assert ended.code == code
    assert words in ended.err


def test_throttled_aws_requests_are_retried_before_they_are_reported(nowhere: Terminal) -> None:
    with serve(lambda _: refuse("Throttling")) as fake:
        ended = run(nowhere, fake)
    assert (ended.code, len(fake.requests)) == (75, 5)
    assert "run it again in a minute" in ended.err


def test_missing_credentials_are_reported(nowhere: Terminal) -> None:
    with serve(lambda _: Reply(500)) as fake:
        ended = run(nowhere, fake, {})
    assert (ended.code, fake.requests) == (77, [])
    assert "no AWS credentials were found: run aws sso login" in ended.err


def test_a_missing_region_is_reported(nowhere: Terminal) -> None:
    ended = nowhere.with_environ(**KEYS).run("outputs", "--stack", "Longhand")
    assert (ended.code, ended.err) == (78, "longhand: no AWS region is set: add --region, or set AWS_REGION\n")


def test_an_unknown_aws_profile_is_reported(nowhere: Terminal) -> None:
    ended = nowhere.run("outputs", "--stack", "Longhand", "--aws-profile", "unknown")
    assert (ended.code, "aws configure list-profiles" in ended.err) == (78, True)


def test_an_unreachable_aws_is_reported(nowhere: Terminal) -> None:
    unreachable = nowhere.with_environ(AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_REGION=REGION, **KEYS)
    ended = unreachable.run("outputs", "--stack", "Longhand")
    assert (ended.code, "--region" in ended.err) == (69, True)


def test_an_invalid_region_is_reported(nowhere: Terminal) -> None:
    ended = nowhere.with_environ(**KEYS).run("outputs", "--stack", "Longhand", "--region", "not a region")
    assert ended.code in (69, 78)
    assert ended.err.count("\n") == 1
