"""`longhand teardown`: delete a stack, after saying what goes and what stays."""

from collections import Counter
from typing import Annotated, Final

import typer

from ops.aws.buckets import empty, remove
from ops.aws.deletion import delete, unprotect, unprotect_database
from ops.aws.outputs import Output, Outputs
from ops.aws.resources import BUCKET, DATABASE, FUNCTION, Fate, Resource, resources
from ops.aws.stack import Stack, StackDescription, is_ours
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.pending_buckets import PendingBuckets
from ops.screen import Screen
from ops.target import open_stack
from ops.target_options import SystemOptions

PRODUCTION: Final = "production"
PROTECTED: Final = "EnableTerminationProtection"
INTERFACES: Final = (
    "Deleting the network interfaces of a Lambda function in a network takes AWS up to 20 minutes, the whole up to 40."
)

Confirm = Annotated[str | None, typer.Option(help="The stack's name, instead of typing it when asked.")]
Force = Annotated[bool, typer.Option("--force", help="Also a stack of production, or one that is protected.")]
Documents = Annotated[
    bool, typer.Option("--delete-documents", help="Also the buckets that would stay, with all in them.")
]


def teardown(
    system: SystemOptions, *, confirm: Confirm = None, force: Force = False, delete_documents: Documents = False
) -> int:
    """Delete a stack. It says first what goes and what stays, and asks for the stack's name.

    What stays (documents, snapshots, keys) stays because nobody can bring it back. It can be run again at any time,
    also after it was interrupted.

    For example:

      longhand teardown --stack Longhand

      longhand teardown --stack Trial --confirm Trial --delete-documents
    """
    screen, stack = Screen.open(), open_stack(system)
    pending = PendingBuckets(stack.session.region_name, stack.name, system.state)
    described = stack.find()
    if described is None:
        return _finish(screen, stack, pending)
    found = resources(stack)
    _refuse(stack, described, found, force=force)
    _list(screen, stack, found, delete_documents=delete_documents)
    _ask(stack.name, confirm)
    if force:
        _unprotect(stack, described, found)
    _delete(screen, stack, found, pending, delete_documents=delete_documents)
    return _finish(screen, stack, pending)


def _refuse(stack: Stack, described: StackDescription, found: list[Resource], *, force: bool) -> None:
    """Touch nothing that is not ours, and production only for who insists."""
    if not is_ours(described):
        raise UserError(ExitCode.REFUSED, f"the stack {stack.name} is not one of this project", "look at --stack again")
    why = _worth(stack, described, found)
    if why and not force:
        raise UserError(ExitCode.REFUSED, f"the stack {stack.name} {why}", "add --force if that is what you want")


def _worth(stack: Stack, described: StackDescription, found: list[Resource]) -> str:
    """Say why it may be worth something; its profile need not be known for that."""
    if described.get(PROTECTED):
        return "is protected against deletion"
    if Outputs.of(stack.name, described).values.get(Output.PROFILE) == PRODUCTION:
        return "is of the profile production"
    is_kept = any(each.kind == DATABASE and each.fate is not Fate.GOES for each in found)
    return "keeps its database, as production does" if is_kept else ""


def _unprotect(stack: Stack, described: StackDescription, found: list[Resource]) -> None:
    if described.get(PROTECTED):
        unprotect(stack.session.client("cloudformation"), stack.name)
    for resource in found:
        if resource.kind == DATABASE and resource.fate is not Fate.STAYS:
            unprotect_database(stack.session.client("rds"), resource.name)


def _list(screen: Screen, stack: Stack, found: list[Resource], *, delete_documents: bool) -> None:
    """Say what becomes of everything."""
    going = Counter(resource.kind for resource in found if resource.fate is Fate.GOES)
    screen.print_line(f"Of the stack {stack.name} in {stack.session.region_name} this goes:", "bold")
    screen.print_table([[f"  {count:>3}", kind] for kind, count in sorted(going.items())])
    screen.print_line("and this stays:", "bold")
    staying = [resource for resource in found if resource.fate is not Fate.GOES]
    screen.print_table(
        [
            f"  {each.kind}",
            each.name,
            "deleted with all in it" if delete_documents and each.kind == BUCKET else each.fate,
        ]
        for each in staying
    )
    if not staying:
        screen.print_line("  nothing")
    if any(each.kind == FUNCTION for each in found):
        screen.print_note(INTERFACES)


def _ask(name: str, confirm: str | None) -> None:
    asked = f"Type the stack's name to delete it ({name})"
    try:
        typed = confirm if confirm is not None else typer.prompt(asked, err=True)
    except typer.Abort:  # nobody is there, or somebody who had enough
        remedy = f"say --confirm {name} where nobody can be asked"
        raise UserError(ExitCode.INTERRUPTED, "nothing was deleted", remedy) from None
    if typed != name:
        raise UserError(ExitCode.USAGE, f"{typed} is not {name}: nothing was deleted")


def _delete(
    screen: Screen, stack: Stack, found: list[Resource], pending: PendingBuckets, *, delete_documents: bool
) -> None:
    buckets = [resource for resource in found if resource.kind == BUCKET]
    if delete_documents:
        pending.write([bucket.name for bucket in buckets if bucket.fate is not Fate.GOES])
    for bucket in buckets:
        if bucket.fate is Fate.GOES:  # CloudFormation deletes only empty ones
            screen.print_note(f"{bucket.name}: {empty(stack.session.client('s3'), bucket.name)} versions deleted")
    delete(stack, screen.print_note)


def _finish(screen: Screen, stack: Stack, pending: PendingBuckets) -> int:
    """Delete the buckets that were to go with the stack, now that nobody writes to them any more."""
    for bucket in pending.read():
        screen.print_note(f"{bucket}: deleted, with {remove(stack.session.client('s3'), bucket)} versions")
    pending.forget()
    screen.print_line(f"There is no stack {stack.name} in {stack.session.region_name} any more.")
    return ExitCode.OK
