"""What a stack and those nested in it consist of, and what becomes of each resource when the stack is deleted."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .client import Client
from .errors import aws_errors
from .stack import Stack

_NESTED = "AWS::CloudFormation::Stack"
BUCKET = "AWS::S3::Bucket"
FUNCTION = "AWS::Lambda::Function"
DATABASE = "AWS::RDS::DBInstance"


class Fate(StrEnum):
    """What becomes of it."""

    GOES = "goes"
    STAYS = "stays"
    SNAPSHOT = "leaves a snapshot"


_FATES = {"Retain": Fate.STAYS, "RetainExceptOnCreate": Fate.STAYS, "Snapshot": Fate.SNAPSHOT}


@dataclass(frozen=True)
class Resource:
    """One resource."""

    kind: str
    name: str  # its physical one
    fate: Fate


def resources(stack: Stack) -> list[Resource]:
    """List them, those of nested stacks, too; what is gone already is not among them."""
    with aws_errors():
        return list(_of(stack.session.client("cloudformation"), stack.name))


def _of(client: Client, stack: str) -> Iterator[Resource]:
    declared = _template(client, stack).get("Resources", {})
    for page in client.get_paginator("list_stack_resources").paginate(StackName=stack):
        for found in page["StackResourceSummaries"]:
            name = found.get("PhysicalResourceId", "")
            if not name or found["ResourceStatus"] == "DELETE_COMPLETE":
                continue
            if found["ResourceType"] == _NESTED:
                yield from _of(client, name)
            else:
                policy = declared.get(found["LogicalResourceId"], {}).get("DeletionPolicy", "Delete")
                yield Resource(found["ResourceType"], name, _FATES.get(policy, Fate.GOES))


def _template(client: Client, stack: str) -> dict[str, Any]:
    body = client.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    read: dict[str, Any] = body if isinstance(body, dict) else json.loads(body)
    return read
