"""`longhand teardown`: delete a stack, after listing what is deleted and what is kept."""

from collections import Counter
from typing import Annotated, Final

import typer

from ops.aws.buckets import delete_bucket, empty_bucket
from ops.aws.deletion import delete_stack, disable_database_protection, disable_termination_protection
from ops.aws.resources import BUCKET, DATABASE, FUNCTION, Fate, Resource, list_resources
from ops.aws.stack import Stack, StackDescription, is_ours
from ops.aws.stack_outputs import Output, Outputs
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.pending_buckets import PendingBuckets
from ops.screen import Screen
from ops.target import open_stack
from ops.target_options import SystemOptions

PRODUCTION: Final = "production"
PROTECTION_FIELD: Final = "EnableTerminationProtection"
SLOW_INTERFACES: Final = (
    "AWS takes up to 20 minutes to delete the network interfaces of a Lambda function, up to 40 for the whole stack."
)

Confirm = Annotated[str | None, typer.Option(help="The stack's name, as confirmation without a prompt.")]
Force = Annotated[bool, typer.Option("--force", help="Delete a production or protected stack, too.")]
Documents = Annotated[
    bool, typer.Option("--delete-documents", help="Delete the buckets that would be kept, with all their objects.")
]


def teardown(
    system: SystemOptions, *, confirm: Confirm = None, force: Force = False, delete_documents: Documents = False
) -> int:
    """Delete a stack. First lists what is deleted and what is kept, and asks for the stack's name.

    Documents, snapshots and keys are kept because they cannot be restored. Teardown can be run again at any time,
    also after an interruption.

    For example:

      longhand teardown --stack Longhand

      longhand teardown --stack Trial --confirm Trial --delete-documents
    """
    screen, stack = Screen.open(), open_stack(system)
    pending = PendingBuckets(stack.session.region_name, stack.name, system.state)
    description = stack.find()
    if description is None:
        return _finish(screen, stack, pending)
    resources = list_resources(stack)
    _require_deletable(stack, description, resources, force=force)
    _print_plan(screen, stack, resources, delete_documents=delete_documents)
    _confirm(stack.name, confirm)
    if force:
        _disable_protections(stack, description, resources)
    _delete(screen, stack, resources, pending, delete_documents=delete_documents)
    return _finish(screen, stack, pending)


def _require_deletable(stack: Stack, description: StackDescription, resources: list[Resource], *, force: bool) -> None:
    """Refuse a stack of another project always, and a production stack without --force."""
    if not is_ours(description):
        raise UserError(ExitCode.REFUSED, f"the stack {stack.name} is not one of this project", "check --stack")
    reason = _find_protection(stack, description, resources)
    if reason and not force:
        raise UserError(ExitCode.REFUSED, f"the stack {stack.name} {reason}", "add --force to delete it anyway")


def _find_protection(stack: Stack, description: StackDescription, resources: list[Resource]) -> str:
    """Return why the stack may be valuable; a stack without the output Profile is recognized by its database."""
    if description.get(PROTECTION_FIELD):
        return "is protected against deletion"
    if Outputs.parse(stack.name, description).values.get(Output.PROFILE) == PRODUCTION:
        return "has the profile production"
    is_kept = any(each.kind == DATABASE and each.fate is not Fate.DELETED for each in resources)
    return "keeps its database, as production does" if is_kept else ""


def _disable_protections(stack: Stack, description: StackDescription, resources: list[Resource]) -> None:
    if description.get(PROTECTION_FIELD):
        disable_termination_protection(stack.session.client("cloudformation"), stack.name)
    for resource in resources:
        if resource.kind == DATABASE and resource.fate is not Fate.KEPT:
            disable_database_protection(stack.session.client("rds"), resource.name)


def _print_plan(screen: Screen, stack: Stack, resources: list[Resource], *, delete_documents: bool) -> None:
    deleted = Counter(resource.kind for resource in resources if resource.fate is Fate.DELETED)
    screen.print_line(f"Deleted with the stack {stack.name} in {stack.session.region_name}:", "bold")
    screen.print_table([[f"  {count:>3}", kind] for kind, count in sorted(deleted.items())])
    screen.print_line("Kept:", "bold")
    others = [resource for resource in resources if resource.fate is not Fate.DELETED]
    screen.print_table(
        [
            f"  {each.kind}",
            each.name,
            "deleted with all objects" if delete_documents and each.kind == BUCKET else each.fate,
        ]
        for each in others
    )
    if not others:
        screen.print_line("  nothing")
    if any(each.kind == FUNCTION for each in resources):
        screen.print_note(SLOW_INTERFACES)


def _confirm(name: str, confirm: str | None) -> None:
    prompt = f"Type the stack's name to delete it ({name})"
    try:
        typed = confirm if confirm is not None else typer.prompt(prompt, err=True)
    except typer.Abort:  # Ctrl-C, or no terminal
        remedy = f"add --confirm {name} without a terminal"
        raise UserError(ExitCode.INTERRUPTED, "nothing was deleted", remedy) from None
    if typed != name:
        raise UserError(ExitCode.USAGE, f"{typed} is not {name}: nothing was deleted")


def _delete(
    screen: Screen, stack: Stack, resources: list[Resource], pending: PendingBuckets, *, delete_documents: bool
) -> None:
    buckets = [resource for resource in resources if resource.kind == BUCKET]
    if delete_documents:
        pending.write([bucket.name for bucket in buckets if bucket.fate is not Fate.DELETED])
    for bucket in buckets:
        if bucket.fate is Fate.DELETED:  # CloudFormation deletes only empty buckets
            count = empty_bucket(stack.session.client("s3"), bucket.name)
            screen.print_note(f"{bucket.name}: {count} versions deleted")
    delete_stack(stack, screen.print_note)


def _finish(screen: Screen, stack: Stack, pending: PendingBuckets) -> int:
    """Delete the documents' buckets last, when no program of the stack can write to them any more."""
    for bucket in pending.read():
        screen.print_note(f"{bucket}: deleted, with {delete_bucket(stack.session.client('s3'), bucket)} versions")
    pending.clear()
    screen.print_line(f"The stack {stack.name} does not exist in {stack.session.region_name} any more.")
    return ExitCode.OK
