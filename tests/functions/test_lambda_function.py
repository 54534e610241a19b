"""A call of a Lambda function: its address and signature are botocore's own, and each answer is judged."""

import asyncio
import json
import re
import socket
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth  # type: ignore[import-untyped] # it has no types
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.credentials import Credentials  # type: ignore[import-untyped]
from botocore.session import Session  # type: ignore[import-untyped]
from yarl import URL

from durable.runtime import CallAnswer, FunctionFailedError, NotTakenError, UnansweredError
from tests.loopback import serve_http
from worker.adapters import lambda_function
from worker.adapters.lambda_function import CredentialsError, open_function

from .fake_lambda import ARN, FakeLambda, Reply, fail

MESSAGE = b'{"kind":"execute","head":{},"data":{"task":{"id":"a","version":0}}}'


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLambda]:
    """A Lambda, and credentials for it."""
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"):
        monkeypatch.setenv(f"AWS_{name}", "given")
    fake = FakeLambda(lambda _: Reply(body={"status": "completed", "version": 1, "later": "unknown"}))
    with fake.serve():
        yield fake


def call(url: str) -> CallAnswer:
    """Call the function once."""

    async def run() -> CallAnswer:
        function = open_function(ARN, endpoint=url)
        try:
            return await function.call(MESSAGE)
        finally:
            await function.close()

    return asyncio.run(run())


def read_scope(header: str) -> str:
    """Return the scope and the signed headers of a signature, which the time of day does not change."""
    found = re.fullmatch(r"AWS4-HMAC-SHA256 (Credential=.*, SignedHeaders=.*), Signature=\w{64}", header)
    assert found
    return found[1]


def test_a_call_is_signed_as_botocore_signs_it(fake: FakeLambda) -> None:
    """The fake Lambda checks the path."""
    assert call(fake.url) == CallAnswer(status="completed", version=1)
    client = Session().create_client(
        "lambda", "eu-central-1", endpoint_url=fake.url, config=Config(retries={"total_max_attempts": 1})
    )
    client.invoke(FunctionName=ARN, Payload=MESSAGE)
    client.close()
    ours, botocores = ({name.lower(): value for name, value in headers.items()} for headers in fake.headers)
    assert "/eu-central-1/lambda/aws4_request" in read_scope(ours["authorization"])
    assert (
        read_scope(ours["authorization"]).partition(",")[0] == read_scope(botocores["authorization"]).partition(",")[0]
    )
    assert ours["x-amz-security-token"] == "given"
    assert fake.events[0] == fake.events[1]


def compute_signature(url: str, headers: Mapping[str, str]) -> str:
    """Return the signature that Lambda computes for a request that it has got."""
    names = ("X-Amz-Date", "X-Amz-Invocation-Type", "X-Amz-Security-Token")
    request = AWSRequest("POST", url, data=MESSAGE, headers={name: headers[name] for name in names})
    request.context["timestamp"] = headers["X-Amz-Date"]
    auth = SigV4Auth(Credentials("given", "given", "given"), "lambda", "eu-central-1")
    signature: str = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    return signature


def test_the_signature_is_that_of_the_request_that_arrives(fake: FakeLambda) -> None:
    """Its path has the colons of the ARN in their quoted form, as they were signed."""
    call(fake.url)
    [path], [headers] = fake.paths, fake.headers
    assert path == f"/2015-03-31/functions/{quote(ARN, safe='')}/invocations"
    assert headers["Authorization"].endswith(f"Signature={compute_signature(fake.url + path, headers)}")


def test_an_answer_that_is_no_text_is_a_failure() -> None:
    with pytest.raises(FunctionFailedError, match="answers what no function worker answers"):
        lambda_function._parse(200, None, b'{"status": "\xff"}')  # noqa: SLF001


@pytest.mark.parametrize("status", [409, 429, 500, 502, 503, 504])
def test_what_lambda_did_not_take_may_be_called_again(fake: FakeLambda, status: int) -> None:
    fake.invoke = lambda _: Reply(status=HTTPStatus(status), body={"message": "not now"})
    with pytest.raises(NotTakenError, match=f"Lambda answers {status}: .*not now"):
        call(fake.url)


@pytest.mark.parametrize("status", [400, 403, 404, 413])
def test_what_lambda_refuses_is_a_failure_with_its_reason(fake: FakeLambda, status: int) -> None:
    fake.invoke = lambda _: Reply(status=HTTPStatus(status), body={"message": "no such function"})
    with pytest.raises(FunctionFailedError, match=f"Lambda answers {status}: .*no such function"):
        call(fake.url)


def test_a_function_that_raised_is_a_failure_with_its_error_and_without_its_stack(fake: FakeLambda) -> None:
    fake.invoke = fail
    with pytest.raises(FunctionFailedError) as caught:
        call(fake.url)
    assert str(caught.value) == "Runtime.ImportModuleError: No module named 'orders'"


def test_a_failure_in_other_words_is_quoted(fake: FakeLambda) -> None:
    fake.invoke = lambda _: Reply(headers={"X-Amz-Function-Error": "Unhandled"}, body=["too", "bad"])
    with pytest.raises(FunctionFailedError, match='too", "bad'):
        call(fake.url)


def test_a_broken_connection_says_nothing_of_the_function(fake: FakeLambda) -> None:
    fake.invoke = lambda _: None
    with pytest.raises(UnansweredError):
        call(fake.url)


def test_a_call_that_found_no_lambda_was_not_taken() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(NotTakenError, match="no connection to Lambda"):
            call(f"http://127.0.0.1:{unused.getsockname()[1]}")


@pytest.fixture
def without_credentials(fake: FakeLambda, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """No credentials of this machine."""
    assert fake.url
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


@pytest.mark.usefixtures("without_credentials")
def test_credentials_are_required_for_aws_and_not_for_a_stand_in(fake: FakeLambda) -> None:
    with pytest.raises(CredentialsError, match="give it a role"):
        open_function(ARN)
    assert call(fake.url).status == "completed"
    assert "Authorization" not in fake.headers[0]


def test_a_call_without_valid_credentials_was_not_taken(without_credentials: pytest.MonkeyPatch) -> None:
    """The role's new ones may have expired as well."""

    class Role(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            names = ("AccessKeyId", "SecretAccessKey", "Token")
            body = json.dumps({**dict.fromkeys(names, "given"), "Expiration": "2020-01-01T00:00:00Z"}).encode()
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    async def run() -> None:
        await open_function(ARN).call(MESSAGE)

    with serve_http(Role) as address:
        without_credentials.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"http://{address}/role")
        with pytest.raises(NotTakenError, match=r"cannot be signed: .*expired"):
            asyncio.run(run())


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws", "eu-central-1", "lambda.eu-central-1.amazonaws.com"),
        ("aws-cn", "cn-north-1", "lambda.cn-north-1.amazonaws.com.cn"),
        ("aws-us-gov", "us-gov-west-1", "lambda.us-gov-west-1.amazonaws.com"),
    ],
)
@pytest.mark.usefixtures("fake")
def test_each_partition_has_its_own_address(partition: str, region: str, host: str) -> None:
    function = open_function(f"arn:{partition}:lambda:{region}:123456789012:function:functions")
    assert URL(function._url, encoded=True).host == host  # noqa: SLF001


def test_a_profile_that_does_not_exist_stops_no_calls_of_a_stand_in(
    fake: FakeLambda, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a laptop it may be meant for other programs."""
    monkeypatch.setenv("AWS_PROFILE", "missing")
    with pytest.raises(CredentialsError, match="missing"):
        open_function(ARN)
    assert call(fake.url).status == "completed"
