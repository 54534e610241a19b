"""Secrets Manager on a port of this machine, and the function in this process, called as Lambda calls it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from lambdas.keys.handler import handler
from tests.aws import reset_aws, serve_aws
from tests.keys.cloudformation import Event, ResponseReceiver, receive_responses

REGION = "eu-central-1"
ISSUER, AUDIENCE = "longhand", "resonate"
SUBJECTS = ("trigger", "worker")


class LambdaContext:
    """The context object of Lambda: it knows the remaining time."""

    def __init__(self, seconds: float = 60) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return round(self.seconds * 1_000)


@cache
def _open_client(name: str, url: str) -> Any:  # noqa: ANN401 boto3 has no types
    return boto3.client(name, region_name=REGION, endpoint_url=url)


@dataclass(frozen=True)
class Account:
    """Secrets as CloudFormation makes them: without a value."""

    url: str
    signing: str
    public: str
    tokens: dict[str, str]

    def client(self, name: str = "secretsmanager") -> Any:  # noqa: ANN401 boto3 has no types
        """Return a client of the account for the test itself."""
        return _open_client(name, self.url)

    @property
    def properties(self) -> Event:
        """The resource's properties, as in the template."""
        return {
            "ServiceToken": "arn:aws:lambda:eu-central-1:123456789012:function:keys",
            "SigningSecretArn": self.signing,
            "PublicKeySecretArn": self.public,
            "Issuer": ISSUER,
            "Audience": AUDIENCE,
            "Tokens": [{"SecretArn": arn, "Subject": subject} for subject, arn in self.tokens.items()],
        }

    @property
    def arns(self) -> list[str]:
        return [self.signing, self.public, *self.tokens.values()]

    def text(self, arn: str) -> str:
        """Return the value of a secret."""
        value: str = self.client().get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")["SecretString"]
        return value

    def texts(self) -> list[str]:
        """Return the values of all secrets."""
        return [self.text(arn) for arn in self.arns]

    def put(self, arn: str, text: str) -> None:
        """Write a value, as an operator does."""
        self.client().put_secret_value(SecretId=arn, SecretString=text)

    def version(self, arn: str) -> str:
        version: str = self.client().get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")["VersionId"]
        return version


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    """The address of moto."""
    with serve_aws() as address:
        yield address


@pytest.fixture
def account(aws: str, monkeypatch: pytest.MonkeyPatch) -> Account:
    reset_aws(aws)
    for name, value in {
        "AWS_ENDPOINT_URL": aws,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    client = _open_client("secretsmanager", aws)
    names = ("signing", "public", *SUBJECTS)
    signing, public, *tokens = (client.create_secret(Name=name)["ARN"] for name in names)
    return Account(aws, signing, public, dict(zip(SUBJECTS, tokens, strict=True)))


@pytest.fixture
def receiver() -> Iterator[ResponseReceiver]:
    with receive_responses() as receiver:
        yield receiver


@dataclass(frozen=True)
class Stack:
    """A stack that contains the custom resource."""

    account: Account
    receiver: ResponseReceiver

    def send(
        self, request: str, properties: object = None, *, context: LambdaContext | None = None, **changes: object
    ) -> Event:
        """Call the function, and return its response."""
        event = self.receiver.event(request, self.account.properties if properties is None else properties, **changes)
        handler(json.loads(json.dumps(event)), context or LambdaContext())
        return self.receiver.response()

    def create(self) -> Event:
        """Create the resource, and return the successful response."""
        response = self.send("Create")
        assert response["Status"] == "SUCCESS", response
        return response


@pytest.fixture
def stack(account: Account, receiver: ResponseReceiver) -> Stack:
    return Stack(account, receiver)
