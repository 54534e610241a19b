"""AWS Secrets Manager, as far as it is needed: the current value of a secret, a new one, and a first one.

A secret that CloudFormation made without a value has none, which reads the same as one that does not exist: the write
that follows tells them apart.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from uuid import UUID, uuid5

import boto3  # type: ignore[import-untyped] # it has no types of its own
from botocore.config import Config  # type: ignore[import-untyped] # as above
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped] # as above

from .errors import VaultError

_CONNECT: Final = 3  # seconds
_ANSWER: Final = 5  # seconds
_ATTEMPTS: Final = 3
# What the ids of versions are derived from; any UUID would do that is always the same.
_SPACE: Final = UUID("6f1c2bb0-5a0e-4c57-9a6e-3f5f0f3a7d11")
_ABSENT: Final = "ResourceNotFoundException"
_EXISTS: Final = "ResourceExistsException"
_ACTIONS: Final = {"read": "secretsmanager:GetSecretValue", "write": "secretsmanager:PutSecretValue"}


@dataclass(frozen=True)
class Value:
    """What a secret holds now, and the id of that version."""

    text: str = field(repr=False)
    version: str


class Vault(Protocol):
    """Where secrets are."""

    def read(self, arn: str) -> Value | None:
        """Return the current value, or nothing if there is none."""

    def write(self, arn: str, text: str) -> None:
        """Make this the current value."""

    def write_next(self, arn: str, text: str, after: Value | None) -> None:
        """Make this the one value that follows another; whoever comes second changes nothing."""


class Secrets(Protocol):
    """The part of boto3's client that is used."""

    def get_secret_value(self, **words: Any) -> Any:  # noqa: ANN401 as boto3 has it
        """Read."""

    def put_secret_value(self, **words: Any) -> Any:  # noqa: ANN401 as boto3 has it
        """Write."""


class SecretsManager:
    """The secrets of an account."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets: Final = secrets

    def read(self, arn: str) -> Value | None:
        """Return the current value, or nothing if there is none."""
        with _explained("read", arn):
            try:
                found = self._secrets.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")
            except ClientError as exc:
                if _code_of(exc) == _ABSENT:
                    return None
                raise
        if "SecretString" not in found:
            raise VaultError(f"{arn} holds bytes: put a text into it, the word rotate for a new value")
        return Value(found["SecretString"], found["VersionId"])

    def write(self, arn: str, text: str) -> None:
        """Make this the current value."""
        with _explained("write", arn):
            self._secrets.put_secret_value(SecretId=arn, SecretString=text)

    def write_next(self, arn: str, text: str, after: Value | None) -> None:
        """Make this the one value that follows another; whoever comes second changes nothing.

        The version's id is derived from the one before, and a version that exists cannot get another content.
        """
        version = str(uuid5(_SPACE, f"{arn} {after.version if after else 'first'}"))
        with _explained("write", arn):
            try:
                self._secrets.put_secret_value(SecretId=arn, SecretString=text, ClientRequestToken=version)
            except ClientError as exc:
                if _code_of(exc) != _EXISTS:
                    raise


def open_vault(arn: str) -> SecretsManager:
    """Return the secrets of the region that the ARN names. Credentials are boto3's to find."""
    limits = Config(connect_timeout=_CONNECT, read_timeout=_ANSWER, retries={"total_max_attempts": _ATTEMPTS})
    return SecretsManager(boto3.client("secretsmanager", region_name=arn.split(":")[3], config=limits))


@contextmanager
def _explained(verb: str, arn: str) -> Iterator[None]:
    """Raise one sentence for what boto3 raises, whose own text may quote a value."""
    try:
        yield
    except ClientError as exc:
        needed = f"the function's role needs {_ACTIONS[verb]} on it, and the use of its key"
        raise VaultError(f"cannot {verb} {arn} ({_code_of(exc)}): it must exist, and {needed}") from None
    except BotoCoreError as exc:
        kind = type(exc).__name__
        raise VaultError(f"cannot {verb} {arn} ({kind}): the function must reach Secrets Manager") from None


def _code_of(exc: ClientError) -> str:
    return str(exc.response["Error"]["Code"])
