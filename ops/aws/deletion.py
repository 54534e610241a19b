"""Deletes a stack and waits until it is gone, or says which resource holds it up."""

import time
from collections.abc import Callable
from typing import Any, Final

from ops.errors import UserError
from ops.exit_codes import ExitCode

from .client import Client
from .errors import aws_errors
from .stack import Stack

_LOOK: Final = 5.0  # seconds between two looks
_DONE: Final = "DELETE_COMPLETE"

type Tell = Callable[[str], None]


def delete(stack: Stack, tell: Tell, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Delete it; one that is being deleted is waited for."""
    described = stack.find()
    if described is None:
        return
    client, stack_id = stack.session.client("cloudformation"), described["StackId"]
    with aws_errors():
        if described["StackStatus"] != "DELETE_IN_PROGRESS":
            client.delete_stack(StackName=stack_id)
        _wait(client, stack_id, tell, sleep)


def unprotect(client: Client, name: str) -> None:
    """Let the stack be deleted, which it was protected against."""
    with aws_errors():
        client.update_termination_protection(StackName=name, EnableTerminationProtection=False)


def unprotect_database(client: Client, name: str) -> None:
    """Let a database be deleted that refuses to be; what its stack leaves of it is a snapshot."""
    with aws_errors():
        client.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False, ApplyImmediately=True)


def _wait(client: Client, stack_id: str, tell: Tell, sleep: Callable[[float], None]) -> None:
    """Ask by its id, by which a deleted stack is still known."""
    last = ""
    while True:
        described = client.describe_stacks(StackName=stack_id)["Stacks"][0]
        status = described["StackStatus"]
        if status == _DONE:
            return
        if status == "DELETE_FAILED":
            raise _held_up(client, described)
        if status != last:
            tell(f"{described['StackName']}: {status}")
            last = status
        sleep(_LOOK)


def _held_up(client: Client, described: dict[str, Any]) -> UserError:
    events = client.describe_stack_events(StackName=described["StackId"])["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"] == "DELETE_FAILED"]
    why = failed[-1].get("ResourceStatusReason", "") if failed else described.get("StackStatusReason", "")
    sentence = f"{described['StackName']} could not be deleted whole ({why.strip() or 'AWS does not say why'})"
    return UserError(
        ExitCode.UNAVAILABLE, sentence, "remove what holds it up, and run teardown again: it goes on from there"
    )
