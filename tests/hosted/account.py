"""What the stack has in its account, as moto plays it: buckets, a topic, and secrets that the real function fills."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from keeper.settings import DatabaseAddress
from lambdas.keys.handler import handler
from tests.keys.cloudformation import receive_responses
from tests.keys.conftest import LambdaContext
from tests.stacks.synthesized_app import Json, SynthesizedApp

REGION: Final = "eu-central-1"
SCANS: Final = "our-scans"  # where documents come from; tests/stacks synthesizes an app that allows it
_DOCUMENTS: Final = "documents"
_LOGIN: Final = "Data/Database/Login"
_SIGNING: Final = "Server/Keys/SigningKey"
_CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


def environ(url: str) -> dict[str, str]:
    """Have every library of AWS talk to this address. In the cloud all of it comes from the task's role."""
    return {**_CREDENTIALS, "AWS_ENDPOINT_URL": url, "AWS_ALLOW_HTTP": "true", "AWS_REGION": REGION}


@dataclass(frozen=True)
class Account:
    """`arns` are the secrets by the paths of their constructs; `topic` is where notices go."""

    url: str
    arns: dict[str, str]
    topic: str
    versions: dict[str, str] = field(default_factory=dict)  # what the function answered last

    @classmethod
    def with_stack(cls, url: str, app: SynthesizedApp, database: DatabaseAddress) -> "Account":
        """Make what CloudFormation makes; the secrets of keys have no value yet."""
        s3, secrets, sns = (client(url, name) for name in ("s3", "secretsmanager", "sns"))
        for bucket in (SCANS, _DOCUMENTS):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        paths = [one.path for one in app.find_all("AWS::SecretsManager::Secret")]
        arns = {path: secrets.create_secret(Name=path)["ARN"] for path in paths}
        login = {"username": database.user, "password": database.password}
        secrets.put_secret_value(SecretId=arns[_LOGIN], SecretString=json.dumps(login))
        return cls(url, arns, sns.create_topic(Name="job-events")["TopicArn"])

    @property
    def meanings(self) -> dict[str, str]:
        """What the template's references mean."""
        return {
            **{f"<{path}>": arn for path, arn in self.arns.items()},
            **{f"<Server/Keys/Made/Default.{name}>": value for name, value in self.versions.items()},
            "<Server/Keys/Maker/Function.Arn>": "arn:aws:lambda:eu-central-1:123456789012:function:maker",
            "<AWS::Region>": REGION,
            "<Data/Documents/Bucket>": _DOCUMENTS,
            "<Data/JobEvents>": self.topic,
        }

    def read(self, arn: str, version: str | None = None) -> str:
        """Return a secret's value, as ECS and CloudFormation read it."""
        which = {"VersionId": version} if version else {}
        value: str = client(self.url, "secretsmanager").get_secret_value(SecretId=arn, **which)["SecretString"]
        return value

    def make_keys(self, request: str, properties: Json) -> None:
        """Have the function called as CloudFormation calls it."""
        with self._inside(), receive_responses() as receiver:
            handler(receiver.event(request, properties), LambdaContext())
            response = receiver.response()
        assert response["Status"] == "SUCCESS", response
        self.versions.update(response["Data"])

    def ask_to_rotate(self) -> None:
        """Do what the documentation tells the operator to do first."""
        client(self.url, "secretsmanager").put_secret_value(SecretId=self.arns[_SIGNING], SecretString="rotate")

    def put_document(self, job: str, content: bytes) -> str:
        """Lay down a document for a job, and return its address."""
        key = f"{job}.pdf"
        client(self.url, "s3").put_object(Bucket=SCANS, Key=key, Body=content)
        return f"s3://{SCANS}/{key}"

    def stored(self, url: str) -> Json:
        """Return a result that the worker stored."""
        bucket, _, key = url.removeprefix("s3://").partition("/")
        found: Json = json.load(client(self.url, "s3").get_object(Bucket=bucket, Key=key)["Body"])
        return found

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """Make this process's environment the function's."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environ(self.url).items():
                patch.setenv(name, value)
            yield


def client(url: str, name: str) -> Any:  # noqa: ANN401 boto3 has no types
    """Reach AWS past the turnstile."""
    keys = {name.lower(): value for name, value in _CREDENTIALS.items()}
    return boto3.client(name, region_name=REGION, endpoint_url=url, **keys)
