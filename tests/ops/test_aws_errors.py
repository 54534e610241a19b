"""What AWS refuses, and what is missing before it can be asked: one sentence, the command that helps, no trace."""

from collections.abc import Mapping

import pytest

from tests.ops.conftest import KEYS, REGION
from tests.ops.terminal import Ended, Terminal
from tests.ops.web import Reply, Web, serving


def refusing(code: str, message: str = "said AWS", status: int = 400) -> Reply:
    """Answer as CloudFormation does."""
    body = (
        '<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    )
    return Reply(status, body.encode(), {"content-type": "text/xml"})


def ask(terminal: Terminal, web: Web, environ: Mapping[str, str] = KEYS) -> Ended:
    ended = terminal.having(AWS_ENDPOINT_URL=web.url, AWS_REGION=REGION, **environ).run(
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
        (refusing("ExpiredToken"), 77, "have expired: aws sso login"),
        (refusing("InvalidClientTokenId"), 77, "does not know these credentials: aws sso login"),
        (refusing("SignatureDoesNotMatch", "The signature we calculated does not match"), 77, "does not know these"),
        (refusing("SignatureDoesNotMatch", "Signature expired: 1 is now earlier than 2"), 78, "timedatectl"),
        (refusing("SignatureDoesNotMatch", "Signature not yet current: 2"), 78, "clock"),
        (refusing("AccessDenied", status=403), 77, "may not DescribeStacks"),
        (refusing("SomethingNew", "nobody knows"), 78, "refused DescribeStacks (SomethingNew: nobody knows)"),
    ],
)
def test_what_aws_refuses(nowhere: Terminal, reply: Reply, code: int, words: str) -> None:
    with serving(lambda _: reply) as web:
        ended = ask(nowhere, web)
    assert ended.code == code
    assert words in ended.err


def test_throttling_is_waited_out_before_anybody_is_bothered(nowhere: Terminal) -> None:
    with serving(lambda _: refusing("Throttling")) as web:
        ended = ask(nowhere, web)
    assert (ended.code, len(web.asked)) == (75, 5)
    assert "run it again in a minute" in ended.err


def test_without_credentials(nowhere: Terminal) -> None:
    with serving(lambda _: Reply(500)) as web:
        ended = ask(nowhere, web, {})
    assert (ended.code, web.asked) == (77, [])
    assert "no AWS credentials were found: aws sso login" in ended.err


def test_without_a_region(nowhere: Terminal) -> None:
    ended = nowhere.having(**KEYS).run("outputs", "--stack", "Longhand")
    assert (ended.code, ended.err) == (78, "longhand: no AWS region is set: add --region, or set AWS_REGION\n")


def test_a_profile_that_is_not_there(nowhere: Terminal) -> None:
    ended = nowhere.run("outputs", "--stack", "Longhand", "--aws-profile", "nobody")
    assert (ended.code, "aws configure list-profiles" in ended.err) == (78, True)


def test_aws_that_cannot_be_reached(nowhere: Terminal) -> None:
    there = nowhere.having(AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_REGION=REGION, **KEYS)
    ended = there.run("outputs", "--stack", "Longhand")
    assert (ended.code, "--region" in ended.err) == (69, True)


def test_a_region_that_is_not_one(nowhere: Terminal) -> None:
    ended = nowhere.having(**KEYS).run("outputs", "--stack", "Longhand", "--region", "not a region")
    assert ended.code in (69, 78)
    assert ended.err.count("\n") == 1
