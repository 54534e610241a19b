"""Lists the resources of a stack and its nested stacks, and what the stack's deletion does to each."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from .client import Client
from .errors import aws_errors
from .stack import Stack

NESTED_STACK: Final = "AWS::CloudFormation::Stack"
BUCKET: Final = "AWS::S3::Bucket"
FUNCTION: Final = "AWS::Lambda::Function"
DATABASE: Final = "AWS::RDS::DBInstance"


class Fate(StrEnum):
    """What the deletion of the stack does to a resource."""

    DELETED = "deleted"
    KEPT = "kept"
    SNAPSHOT = "leaves a snapshot"


_FATES: Final = {"Retain": Fate.KEPT, "RetainExceptOnCreate": Fate.KEPT, "Snapshot": Fate.SNAPSHOT}


@dataclass(frozen=True)
class Resource:
    """One resource; `name` is its physical id, and `properties` are those that the template declares."""

    kind: str
    name: str
    fate: Fate
    properties: Mapping[str, Any] = field(default_factory=dict, compare=False)


def list_resources(stack: Stack) -> list[Resource]:
    """Return all resources that still exist, those of nested stacks included."""
    with aws_errors():
        return list(_list(stack.session.client("cloudformation"), stack.name))


def _list(client: Client, stack: str) -> Iterator[Resource]:
    declared = _read_template(client, stack).get("Resources", {})
    for page in client.get_paginator("list_stack_resources").paginate(StackName=stack):
        for summary in page["StackResourceSummaries"]:
            name = summary.get("PhysicalResourceId", "")
            if not name or summary["ResourceStatus"] == "DELETE_COMPLETE":
                continue
            if summary["ResourceType"] == NESTED_STACK:
                yield from _list(client, name)
            else:
                body = declared.get(summary["LogicalResourceId"], {})
                fate = _FATES.get(body.get("DeletionPolicy", "Delete"), Fate.DELETED)
                yield Resource(summary["ResourceType"], name, fate, body.get("Properties", {}))


def _read_template(client: Client, stack: str) -> dict[str, Any]:
    body = client.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
    template: dict[str, Any] = body if isinstance(body, dict) else json.loads(body)
    return template
