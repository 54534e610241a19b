"""A prepared change set: which resources it would replace or delete, those of nested stacks included."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from ops.errors import UserError

from .client import Client
from .errors import aws_errors
from .resources import BUCKET, DATABASE, NESTED_STACK
from .stack import Stack

NAME: Final = "longhand-deploy"
# Resources with data that exists nowhere else, and resources whose loss loses more: subscriptions, encrypted data.
DATA_KINDS: Final = {
    DATABASE: "the database",
    BUCKET: "the bucket",
    "AWS::KMS::Key": "the key",
    "AWS::SNS::Topic": "the topic",
    "AWS::Cognito::UserPool": "the user pool",
    NESTED_STACK: "the nested stack",  # with all resources in it
}
_NO_REPLACEMENT: Final = "False"  # the others are True and Conditional


@dataclass(frozen=True)
class Loss:
    """A resource with data that would not survive the deployment."""

    name: str  # its logical id
    kind: str
    verb: str

    def __str__(self) -> str:
        return f"{DATA_KINDS[self.kind]} {self.name} would be {self.verb}"


class ChangeSet:
    """The change set that the CDK prepared for a stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack: Final = stack
        self._client: Final[Client] = stack.session.client("cloudformation")
        with aws_errors():
            self._root: Final[dict[str, Any]] = self._client.describe_change_set(
                StackName=stack.name, ChangeSetName=NAME
            )

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change: AWS then reports the change set as failed."""
        return bool(self._root["Status"] == "FAILED")

    def find_losses(self) -> list[Loss]:
        """Return the resources with data that would be replaced, might be, or would be deleted."""
        with aws_errors():
            return list(self._find(str(self._root["ChangeSetId"])))

    def delete(self) -> None:
        """Delete it, so that no other program executes it. If that fails, the next deployment overwrites it."""
        with suppress(UserError), aws_errors():
            self._client.delete_change_set(StackName=self._stack.name, ChangeSetName=NAME)

    def _find(self, change_set: str) -> Iterator[Loss]:
        for page in self._client.get_paginator("describe_change_set").paginate(ChangeSetName=change_set):
            for change in page.get("Changes", ()):
                resource = change["ResourceChange"]
                if nested := resource.get("ChangeSetId"):
                    yield from self._find(nested)
                elif resource["ResourceType"] in DATA_KINDS and (verb := _find_verb(resource)):
                    yield Loss(resource["LogicalResourceId"], resource["ResourceType"], verb)


def _find_verb(resource: dict[str, Any]) -> str:
    if resource["Action"] == "Remove":
        return "deleted"
    replacement = resource.get("Replacement", _NO_REPLACEMENT)
    return "" if replacement == _NO_REPLACEMENT else "replaced by an empty one"
