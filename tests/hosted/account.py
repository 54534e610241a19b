"""The stack's resources in moto: buckets, a topic, and secrets that the real keys function fills."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from secrets import token_hex
from typing import Any, Final

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from keeper.settings import DatabaseAddress
from lambdas.keys.handler import handler
from tests.keys.cloudformation import receive_responses
from tests.keys.conftest import LambdaContext
from tests.stacks.synthesized_app import Json, SynthesizedApp

REGION: Final = "eu-central-1"
SCANS: Final = "our-scans"  # the bucket of documents; tests/stacks synthesizes an app that allows it
_DOCUMENTS: Final = "documents"
_LOGIN: Final = "Data/Database/Login"
_SIGNING: Final = "Server/Keys/SigningKey"
_CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


def aws_environment(url: str) -> dict[str, str]:
    """Return variables that direct every AWS library to this url. In the cloud the task's role replaces them."""
    return {**_CREDENTIALS, "AWS_ENDPOINT_URL": url, "AWS_ALLOW_HTTP": "true", "AWS_REGION": REGION}


@dataclass(frozen=True)
class Account:
    """`arns` are those of the secrets, by construct path; `topic` is the ARN of the topic of notices."""

    url: str
    arns: dict[str, str]
    topic: str
    versions: dict[str, str] = field(default_factory=dict)  # from the function's last response

    @classmethod
    def with_stack(cls, url: str, app: SynthesizedApp, database: DatabaseAddress) -> "Account":
        """Create the resources as CloudFormation does; the secrets of keys have no value yet."""
        s3, secrets, sns = (client(url, name) for name in ("s3", "secretsmanager", "sns"))
        for bucket in (SCANS, _DOCUMENTS):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        made = app.find_all("AWS::SecretsManager::Secret")
        arns = {one.path: secrets.create_secret(Name=one.path)["ARN"] for one in made}
        for one in made:
            if "PasswordLength" in one.properties.get("GenerateSecretString", {}):
                secrets.put_secret_value(SecretId=arns[one.path], SecretString=token_hex(32))
        login = {"username": database.user, "password": database.password}
        secrets.put_secret_value(SecretId=arns[_LOGIN], SecretString=json.dumps(login))
        return cls(url, arns, sns.create_topic(Name="job-events")["TopicArn"])

    @property
    def references(self) -> dict[str, str]:
        """The values of the template's references."""
        return {
            **{f"<{path}>": arn for path, arn in self.arns.items()},
            **{f"<Server/Keys/CustomResource/Default.{name}>": value for name, value in self.versions.items()},
            "<Server/Keys/KeysFunction/Function.Arn>": "arn:aws:lambda:eu-central-1:123456789012:function:keys",
            "<AWS::Region>": REGION,
            "<Data/Documents/Bucket>": _DOCUMENTS,
            "<Data/Documents/Bucket.RegionalDomainName>": f"{_DOCUMENTS}.s3.{REGION}.amazonaws.com",
            "<Data/JobEvents>": self.topic,
        }

    def read(self, arn: str, version: str | None = None) -> str:
        """Return a secret's value, as ECS and CloudFormation do."""
        which = {"VersionId": version} if version else {}
        value: str = client(self.url, "secretsmanager").get_secret_value(SecretId=arn, **which)["SecretString"]
        return value

    def make_keys(self, request: str, properties: Json) -> None:
        """Call the keys function as CloudFormation does."""
        with self._function_environment(), receive_responses() as receiver:
            handler(receiver.event(request, properties), LambdaContext())
            response = receiver.response()
        assert response["Status"] == "SUCCESS", response
        self.versions.update(response["Data"])

    def request_rotation(self) -> None:
        """Do the first step of a rotation, as documented."""
        client(self.url, "secretsmanager").put_secret_value(SecretId=self.arns[_SIGNING], SecretString="rotate")

    def put_document(self, job: str, content: bytes) -> str:
        """Upload a job's document, and return its url."""
        key = f"{job}.pdf"
        client(self.url, "s3").put_object(Bucket=SCANS, Key=key, Body=content)
        return f"s3://{SCANS}/{key}"

    def read_result(self, url: str) -> Json:
        """Return the result that the worker has stored."""
        bucket, _, key = url.removeprefix("s3://").partition("/")
        found: Json = json.load(client(self.url, "s3").get_object(Bucket=bucket, Key=key)["Body"])
        return found

    @contextmanager
    def _function_environment(self) -> Iterator[None]:
        """Give this process the function's environment inside the block."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in aws_environment(self.url).items():
                patch.setenv(name, value)
            yield


@cache
def client(url: str, name: str) -> Any:  # noqa: ANN401 boto3 has no types
    """Return a client that bypasses the proxy; to make one takes longer than its requests."""
    keys = {name.lower(): value for name, value in _CREDENTIALS.items()}
    return boto3.client(name, region_name=REGION, endpoint_url=url, **keys)
