"""Requests are signed so that AWS accepts them; the check here follows AWS's public description, not our code."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from tests.ops.conftest import KEYS, REGION
from tests.ops.fake_server import Reply, Request, serve
from tests.ops.terminal import Terminal

ACCEPTED_BODY = b'{"status":"accepted","jobId":"a","statusUrl":"/status/a","message":"","state":"processing"}'


def is_signed(request: Request, secret: str, region: str) -> bool:
    """Compute the signature of a received request, and compare."""
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
def with_keys(nowhere: Terminal) -> Terminal:
    return nowhere.with_environ(AWS_REGION=REGION, **KEYS)


@pytest.mark.parametrize("words", [("status", "a"), ("submit", "https://example.com/a.pdf", "--job-id", "a")])
def test_requests_have_a_signature_that_aws_accepts(with_keys: Terminal, words: tuple[str, ...]) -> None:
    def answer(request: Request) -> Reply:
        done = b'{"status":"done","jobId":"a","result":{}}'
        return Reply(202, ACCEPTED_BODY) if request.method == "POST" else Reply(200, done)

    with serve(answer) as fake:
        ended = with_keys.run(*words, "--url", fake.url, "--auth", "iam")
    assert ended.code == 0, ended
    [request] = fake.requests
    assert is_signed(request, KEYS["AWS_SECRET_ACCESS_KEY"], REGION)
    assert not is_signed(request, "another secret", REGION)
    signed_at = datetime.strptime(request.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - signed_at) < timedelta(minutes=4)


def test_the_session_token_of_a_role_is_sent(with_keys: Terminal) -> None:
    with serve(lambda _: Reply(404, b'{"status":"not_found","jobId":"a"}')) as fake:
        of_a_role = with_keys.with_environ(AWS_SESSION_TOKEN="of-a-role")  # noqa: S106 - not a real one
        of_a_role.run("status", "a", "--url", fake.url, "--auth", "iam")
    assert fake.requests[0].headers["X-Amz-Security-Token"] == "of-a-role"


def test_without_credentials_nothing_is_sent(nowhere: Terminal) -> None:
    with serve(lambda _: Reply()) as fake:
        ended = nowhere.with_environ(AWS_REGION=REGION).run("status", "a", "--url", fake.url, "--auth", "iam")
    assert (ended.code, fake.requests) == (77, [])
    assert "no AWS credentials were found" in ended.err


EXPIRED_SESSION = """
[profile work]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-central-1
sso_account_id = 123456789012
sso_role_name = reader
region = eu-central-1
"""


def test_an_expired_session_is_reported_in_one_sentence_and_nothing_is_sent(nowhere: Terminal, tmp_path: Path) -> None:
    """Credentials are read for each request, as a session may expire while a job is watched."""
    (tmp_path / "config").write_text(EXPIRED_SESSION)
    at_work = nowhere.with_environ(AWS_CONFIG_FILE=str(tmp_path / "config"))
    with serve(lambda _: Reply()) as fake:
        ended = at_work.run("status", "a", "--url", fake.url, "--auth", "iam", "--aws-profile", "work")
    assert (ended.code, fake.requests) == (77, []), ended
    assert "the AWS session has expired: run aws sso login" in ended.err
    assert "Traceback" not in ended.err
