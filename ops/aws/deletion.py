"""Deletes a stack and waits for the end; on failure names the resource that blocks the deletion."""

import time
from collections.abc import Callable
from typing import Any, Final

from ops.errors import UserError
from ops.exit_codes import ExitCode

from .client import Client
from .errors import aws_errors
from .stack import Stack

_POLL_SECONDS: Final = 5.0

type Print = Callable[[str], None]


def delete_stack(stack: Stack, print_note: Print) -> None:
    """Delete the stack, or wait for a deletion that is already in progress."""
    description = stack.find()
    if description is None:
        return
    client, stack_id = stack.session.client("cloudformation"), description["StackId"]
    with aws_errors():
        if description["StackStatus"] != "DELETE_IN_PROGRESS":
            client.delete_stack(StackName=stack_id)
        _wait(client, stack_id, print_note)


def disable_termination_protection(client: Client, name: str) -> None:
    """Allow a protected stack to be deleted."""
    with aws_errors():
        client.update_termination_protection(StackName=name, EnableTerminationProtection=False)


def disable_database_protection(client: Client, name: str) -> None:
    """Allow a protected database to be deleted; its stack still leaves a snapshot of it."""
    with aws_errors():
        client.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False, ApplyImmediately=True)


def _wait(client: Client, stack_id: str, print_note: Print) -> None:
    """Poll by the stack's id: CloudFormation knows a deleted stack by its id only."""
    last = ""
    while True:
        description = client.describe_stacks(StackName=stack_id)["Stacks"][0]
        status = description["StackStatus"]
        if status == "DELETE_COMPLETE":
            return
        if status == "DELETE_FAILED":
            raise _explain_failure(client, description)
        if status != last:
            print_note(f"{description['StackName']}: {status}")
            last = status
        time.sleep(_POLL_SECONDS)


def _explain_failure(client: Client, description: dict[str, Any]) -> UserError:
    events = client.describe_stack_events(StackName=description["StackId"])["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"] == "DELETE_FAILED"]
    reason = failed[-1].get("ResourceStatusReason", "") if failed else description.get("StackStatusReason", "")
    sentence = f"{description['StackName']} could not be deleted completely ({reason.strip() or 'AWS gives no reason'})"
    return UserError(ExitCode.UNAVAILABLE, sentence, "remove the blocking resource and run teardown again: it resumes")
