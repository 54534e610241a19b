"""`longhand batch`: submit a list of documents, and see or cancel a batch."""

from pathlib import Path
from typing import Annotated, Final

import typer

from contract.batches import Batch, BatchAccepted
from ops.batches import exit_code_of, submit_list, wait_for_batch
from ops.command_groups import CommandGroup
from ops.exit_codes import ExitCode
from ops.job_options import RequestOptions
from ops.screen import Screen
from ops.target import Target, open_target
from ops.target_options import TargetOptions

from .options import AsJson

BatchId = Annotated[str, typer.Argument(metavar="BATCH", help="The batch's id.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until all jobs have ended.")]

_HELP: Final = """Submit many documents as one batch, see how many of its jobs are in which state, or cancel them.

For example:

  longhand batch submit march.jsonl --type invoice --batch-id march --wait

  longhand batch status march --json

  longhand batch cancel march
"""


def submit(  # noqa: PLR0913 - an argument for each option
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of JSON lines.")],
    request: RequestOptions,
    options: TargetOptions,
    *,
    batch_id: Annotated[str | None, typer.Option(help="The id of the batch; made of its content by default.")] = None,
    wait: Wait = False,
    as_json: AsJson = False,
) -> int:
    """Submit the documents that a file lists.

    Each line of the file is an item as POST /batches takes it: {"documentUrl": "https://..."}.
    With --wait, the exit code is that of status.

    For example:

      longhand batch submit march.jsonl --type invoice --batch-id march --wait
    """
    screen, target = Screen.open(), open_target(options)
    accepted = submit_list(target.api, file, request, batch_id)
    return print_accepted_batch(screen, target, accepted, wait=wait, as_json=as_json)


def status(batch_id: BatchId, options: TargetOptions, *, wait: Wait = False, as_json: AsJson = False) -> int:
    """Show how many jobs of a batch are in which state.

    Exit code: 0 all done, 1 some failed, 2 some are running, 4 canceled.

    For example:

      longhand batch status march --json
    """
    screen, api = Screen.open(), open_target(options).api
    found = wait_for_batch(api, batch_id) if wait else api.batch(batch_id)
    return print_batch(screen, found, as_json=as_json)


def cancel(batch_id: BatchId, options: TargetOptions) -> int:
    """Cancel the jobs of a batch that have not ended.

    For example:

      longhand batch cancel march
    """
    screen, api = Screen.open(), open_target(options).api
    canceled = api.cancel_batch(batch_id)
    screen.print_line(f"{canceled.batch_id}: {canceled.state}")
    return ExitCode.OK


batch: Final = CommandGroup(help=_HELP, commands={"submit": submit, "status": status, "cancel": cancel})


def print_accepted_batch(screen: Screen, target: Target, accepted: BatchAccepted, *, wait: bool, as_json: bool) -> int:
    """Print a batch that was accepted, or with `wait` its end; return the exit code."""
    if not as_json:
        screen.print_note(f"Using {target.name}")
        screen.print_line(f"{accepted.batch_id}: accepted, {accepted.total} jobs")
    if wait:
        return print_batch(screen, wait_for_batch(target.api, accepted.batch_id), as_json=as_json)
    if as_json:
        screen.print_json(accepted.to_dict())
    return ExitCode.OK


def print_batch(screen: Screen, found: Batch, *, as_json: bool) -> int:
    """Print the state of a batch, and return its exit code."""
    if as_json:
        screen.print_json(found.to_dict())
    else:
        screen.print_line(f"{found.batch_id}: {found.state}")
        screen.print_pairs({f"  {state}": str(count) for state, count in found.counts.items()})
    return exit_code_of(found)
