"""Checks that the channel of notices exists: the stack's topic, or the event bus that the operator chose."""

from typing import Any, Final

from botocore.exceptions import ClientError  # type: ignore[import-untyped] # it has no types

from ops.aws.errors import aws_errors, error_code
from ops.aws.session import Session
from ops.aws.stack import StackDescription

from .check import Outcome, fail, ok, skip

_MISSING_CODES: Final = {"NotFound", "NotFoundException", "ResourceNotFoundException"}
_REMEDY: Final = "create it again: the workers send the notices of 30 days again, at last every six hours"


def describe_channel(session: Session, arn: str, stack: StackDescription) -> Outcome:
    """Ask AWS for the topic or the bus. AWS describes no bus of another account."""
    _, _, kind, region, account, name = arn.split(":", 5)
    if account != stack["StackId"].split(":")[4]:
        return skip(f"{arn} is in another account: its policy must allow events:PutEvents to the workers' role")
    client = session.client(kind, region)
    with aws_errors():
        try:
            _describe(client, kind, arn)
        except ClientError as error:
            if error_code(error) not in _MISSING_CODES:
                raise
            return fail(f"{arn}, which notices are sent to, does not exist", _REMEDY)
    return ok(name)


def _describe(client: Any, kind: str, arn: str) -> None:  # noqa: ANN401 as boto3 has it
    if kind == "events":
        client.describe_event_bus(Name=arn)
    else:
        client.get_topic_attributes(TopicArn=arn)
