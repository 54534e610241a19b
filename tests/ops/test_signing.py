"""Requests are signed as AWS checks them. The check is written here from its public description, not with our code."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from tests.ops.conftest import KEYS, REGION
from tests.ops.terminal import Terminal
from tests.ops.web import Reply, Request, serving

ACCEPTED = b'{"status":"accepted","jobId":"a","statusUrl":"/status/a","message":"","state":"processing"}'


def is_signed(request: Request, secret: str, region: str) -> bool:
    """Reckon the signature of what arrived, and compare."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    scheme, _, rest = headers["authorization"].partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    _, day, where, service, end = parts["Credential"].split("/")
    names = parts["SignedHeaders"].split(";")
    canonical = "\n".join(
        [
            request.method,
            quote(urlsplit(request.path).path),
            "",
            *(f"{name}:{headers[name].strip()}" for name in names),
            "",
            ";".join(names),
            hashlib.sha256(request.body).hexdigest(),
        ]
    )
    scope = f"{day}/{where}/{service}/{end}"
    to_sign = "\n".join([scheme, headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for word in (day, where, service, end):
        key = hmac.digest(key, word.encode(), "sha256")
    assert (where, service, "host" in names) == (region, "execute-api", True)
    return hmac.digest(key, to_sign.encode(), "sha256").hex() == parts["Signature"]


@pytest.fixture
def keyed(nowhere: Terminal) -> Terminal:
    return nowhere.having(AWS_REGION=REGION, **KEYS)


@pytest.mark.parametrize("words", [("status", "a"), ("submit", "https://example.com/a.pdf", "--job-id", "a")])
def test_a_request_is_signed_as_aws_checks_it(keyed: Terminal, words: tuple[str, ...]) -> None:
    def answer(request: Request) -> Reply:
        done = b'{"status":"done","jobId":"a","result":{}}'
        return Reply(202, ACCEPTED) if request.method == "POST" else Reply(200, done)

    with serving(answer) as web:
        ended = keyed.run(*words, "--url", web.url, "--auth", "iam")
    assert ended.code == 0, ended
    [request] = web.asked
    assert is_signed(request, KEYS["AWS_SECRET_ACCESS_KEY"], REGION)
    assert not is_signed(request, "another secret", REGION)
    signed_at = datetime.strptime(request.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - signed_at) < timedelta(minutes=4)


def test_the_token_of_a_role_goes_along(keyed: Terminal) -> None:
    with serving(lambda _: Reply(404, b'{"status":"not_found","jobId":"a"}')) as web:
        of_a_role = keyed.having(AWS_SESSION_TOKEN="of-a-role")  # noqa: S106 - of nobody
        of_a_role.run("status", "a", "--url", web.url, "--auth", "iam")
    assert web.asked[0].headers["X-Amz-Security-Token"] == "of-a-role"


def test_without_credentials_nothing_is_sent(nowhere: Terminal) -> None:
    with serving(lambda _: Reply()) as web:
        ended = nowhere.having(AWS_REGION=REGION).run("status", "a", "--url", web.url, "--auth", "iam")
    assert (ended.code, web.asked) == (77, [])
    assert "no AWS credentials were found" in ended.err


ENDED_SESSION = """
[profile work]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-central-1
sso_account_id = 123456789012
sso_role_name = reader
region = eu-central-1
"""


def test_a_session_that_has_ended_is_one_sentence_and_nothing_is_sent(nowhere: Terminal, tmp_path: Path) -> None:
    """As when it ends while a job is watched: its credentials are asked for at each request."""
    (tmp_path / "config").write_text(ENDED_SESSION)
    at_work = nowhere.having(AWS_CONFIG_FILE=str(tmp_path / "config"))
    with serving(lambda _: Reply()) as web:
        ended = at_work.run("status", "a", "--url", web.url, "--auth", "iam", "--aws-profile", "work")
    assert (ended.code, web.asked) == (77, []), ended
    assert "the AWS session has expired: aws sso login" in ended.err
    assert "Traceback" not in ended.err
