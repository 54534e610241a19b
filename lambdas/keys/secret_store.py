"""Read and write secrets in AWS Secrets Manager.

Reading a secret without a value fails like reading one that does not exist; only the next write shows which it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from uuid import UUID, uuid5

import boto3  # type: ignore[import-untyped] # it has no types of its own
from botocore.config import Config  # type: ignore[import-untyped] # as above
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped] # as above

from lambdas.resource.denials import DenialRetry, error_code

from .errors import SecretStoreError

_CONNECT_SECONDS: Final = 3
_READ_SECONDS: Final = 5
_MAX_ATTEMPTS: Final = 3
# The namespace of derived version ids: any UUID, but always the same.
_VERSION_NAMESPACE: Final = UUID("6f1c2bb0-5a0e-4c57-9a6e-3f5f0f3a7d11")
_NOT_FOUND_CODE: Final = "ResourceNotFoundException"
_EXISTS_CODE: Final = "ResourceExistsException"
type Client = Any  # boto3 has no types
_ACTIONS: Final = {"read": "secretsmanager:GetSecretValue", "write": "secretsmanager:PutSecretValue"}


@dataclass(frozen=True)
class SecretValue:
    """The current value of a secret, and its version id."""

    text: str = field(repr=False)
    version: str


class SecretStore(Protocol):
    """Read and write secrets by ARN."""

    def read(self, arn: str) -> SecretValue | None:
        """Return the current value, or None if the secret has none."""

    def write(self, arn: str, text: str) -> None:
        """Make this the current value."""

    def write_next(self, arn: str, text: str, after: SecretValue | None) -> None:
        """Make this the successor of a value. Change nothing if another run has written one."""


class SecretsManager:
    """The secrets of one account and region."""

    def __init__(self, client: Client, retry: DenialRetry) -> None:
        self._client: Final = client
        self._retry: Final = retry

    def read(self, arn: str) -> SecretValue | None:
        """Return the current value, or None if the secret has none."""
        with _aws_errors("read", arn):
            try:
                found = self._retry.run(lambda: self._client.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT"))
            except ClientError as exc:
                if error_code(exc) == _NOT_FOUND_CODE:
                    return None
                raise
        if "SecretString" not in found:
            raise SecretStoreError(f"{arn} holds bytes: put a text into it, or the word rotate for a new value")
        return SecretValue(found["SecretString"], found["VersionId"])

    def write(self, arn: str, text: str) -> None:
        """Make this the current value."""
        with _aws_errors("write", arn):
            self._retry.run(lambda: self._client.put_secret_value(SecretId=arn, SecretString=text))

    def write_next(self, arn: str, text: str, after: SecretValue | None) -> None:
        """Make this the successor of a value. If another run has written a successor, change nothing.

        The version id is derived from the previous one, and Secrets Manager never changes the value of a version.
        """
        version = str(uuid5(_VERSION_NAMESPACE, f"{arn} {after.version if after else 'first'}"))
        with _aws_errors("write", arn):
            try:
                self._retry.run(
                    lambda: self._client.put_secret_value(SecretId=arn, SecretString=text, ClientRequestToken=version)
                )
            except ClientError as exc:
                if error_code(exc) != _EXISTS_CODE:
                    raise


def open_secret_store(arn: str, retry: DenialRetry | None = None) -> SecretsManager:
    """Return the secrets of the ARN's region, with the credentials that boto3 finds. Denials are final by default."""
    limits = Config(
        connect_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS, retries={"total_max_attempts": _MAX_ATTEMPTS}
    )
    client = boto3.client("secretsmanager", region_name=arn.split(":")[3], config=limits)
    return SecretsManager(client, retry or DenialRetry())


@contextmanager
def _aws_errors(verb: str, arn: str) -> Iterator[None]:
    """Replace boto3's errors, whose messages may quote a secret, by one sentence."""
    try:
        yield
    except ClientError as exc:
        needed = f"the function's role needs {_ACTIONS[verb]} on it, and the use of its key"
        raise SecretStoreError(f"cannot {verb} {arn} ({error_code(exc)}): it must exist, and {needed}") from None
    except BotoCoreError as exc:
        kind = type(exc).__name__
        raise SecretStoreError(f"cannot {verb} {arn} ({kind}): the function must reach Secrets Manager") from None
