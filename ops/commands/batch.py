"""`longhand batch`: submit a list of documents, and see or cancel a batch."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from contract.batches import Batch, BatchAccepted
from ops.batches import exit_code_of, submit_list, wait_for_batch
from ops.exit_codes import ExitCode
from ops.job_options import RequestOptions
from ops.screen import Screen
from ops.target import Target, open_target
from ops.target_options import TargetOptions

from .options import AsJson


class BatchAction(StrEnum):
    """What to do."""

    SUBMIT = "submit"
    STATUS = "status"
    CANCEL = "cancel"


def batch(  # noqa: PLR0913 - an argument for each option
    action: Annotated[BatchAction, typer.Argument(metavar="submit|status|cancel", help="What to do.")],
    name: Annotated[
        str,
        typer.Argument(metavar="FILE_OR_BATCH", help="To submit: a file of JSON lines; else the batch."),
    ],
    request: RequestOptions,
    options: TargetOptions,
    *,
    batch_id: Annotated[str | None, typer.Option(help="The id of a new batch; made of its content by default.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until all jobs have ended.")] = False,
    as_json: AsJson = False,
) -> int:
    """Submit many documents as one batch, see how many of its jobs are in which state, or cancel them.

    Each line of the file is an item as POST /batches takes it: {"documentUrl": "https://..."}.
    Exit code of status, and with --wait: 0 all done, 1 some failed, 2 some are running, 4 canceled.

    For example:

      longhand batch submit march.jsonl --type invoice --batch-id march --wait

      longhand batch status march --json

      longhand batch cancel march
    """
    screen, target = Screen.open(), open_target(options)
    match action:
        case BatchAction.SUBMIT:
            accepted = submit_list(target.api, Path(name), request, batch_id)
            return print_accepted_batch(screen, target, accepted, wait=wait, as_json=as_json)
        case BatchAction.STATUS:
            found = wait_for_batch(target.api, name) if wait else target.api.batch(name)
            return print_batch(screen, found, as_json=as_json)
        case BatchAction.CANCEL:
            canceled = target.api.cancel_batch(name)
            screen.print_line(f"{canceled.batch_id}: {canceled.state}")
            return ExitCode.OK


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
