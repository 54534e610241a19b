"""`longhand corrections`: write reviewed documents as a folder that `make eval` reads."""

from pathlib import Path
from typing import Annotated

import typer

from contract.answers import JobState
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.reviewed_documents import write_reviewed
from ops.screen import Screen
from ops.target import open_target
from ops.target_options import TargetOptions


def corrections(
    options: TargetOptions,
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write to; it is made if it is missing.")],
    type_: Annotated[str | None, typer.Option("--type", help="Only documents of this type.")] = None,
    requester: Annotated[str | None, typer.Option(help="Only jobs of this requester.")] = None,
    corrected: Annotated[bool, typer.Option("--corrected", help="Only documents with a wrong value.")] = False,
) -> int:
    """Write the documents that reviewers have approved, each with its right values, as a folder for `make eval`.

    What reviewers correct is what the analyzer gets wrong: measure another model or a changed type on these documents
    before you deploy it. The folder holds documents of your requesters. A document that is there is not read again.

    For example:

      longhand corrections --out reviewed && make eval DATA=reviewed

      longhand corrections --stack Longhand --type invoice --corrected --out wrong-invoices
    """
    screen, api = Screen.open(), open_target(options).api
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(ExitCode.USAGE, f"{out} cannot be made ({error.strerror})", "name another folder") from None
    jobs = api.iterate_jobs(state=JobState.DONE, type=type_, requester_id=requester)
    count = sum(write_reviewed(api, job, out, corrected_only=corrected) for job in jobs)
    screen.print_line(f"{count} reviewed documents are in {out}")
    return ExitCode.OK
