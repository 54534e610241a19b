"""`longhand submit`: have a document worked off, a file of this machine or an address."""

from typing import Annotated

import typer

from contract.answers import Accepted, JobState
from ops.errors import UserError
from ops.estimates import print_estimate
from ops.exit_codes import ExitCode
from ops.job_options import JobOptions
from ops.screen import Screen
from ops.target import Target, open_target
from ops.target_options import TargetOptions

from .options import AsJson
from .status import follow


def submit(  # noqa: PLR0913 - an argument for each option
    document: Annotated[str, typer.Argument(metavar="FILE_OR_URL", help="A PDF, Word file, PNG, JPEG, TIFF or WebP.")],
    wanted: JobOptions,
    where: TargetOptions,
    *,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for its end; the exit code is then that of status.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Start nothing: say what it would take, or why it would fail.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Have a document worked off.

    A file is copied to where the worker can read it: the folder that make serve serves, or the stack's bucket.
    The same file sent twice, in the same way, is one job; --again makes it another.

    For example:

      longhand submit invoice.pdf --type invoice --wait

      longhand submit https://example.com/report.pdf --job-id report-7

      longhand submit contract.pdf --type contract --stack Longhand --json

      longhand submit long.pdf --dry-run --max-cost 2.50

      longhand submit secret.pdf --password-file - < password.txt
    """
    if dry_run and wait:
        raise UserError(ExitCode.USAGE, "--dry-run starts nothing that --wait could wait for", "leave one of them out")
    screen, target = Screen.open(), open_target(where)
    job = wanted.make_job(document, target.place)
    if dry_run:
        return print_estimate(screen, target.api.estimate(job), as_json=as_json)
    accepted = target.api.submit(job)
    if not as_json:
        _tell(screen, target, accepted)
    if wait:
        return follow(screen, target, job.job_id, as_json=as_json)
    if as_json:
        screen.print_json({**accepted.model_dump(mode="json"), "documentUrl": job.document_url})
    return ExitCode.OK


def _tell(screen: Screen, target: Target, accepted: Accepted) -> None:
    screen.print_note(f"Using {target.name}")
    before = "" if accepted.state is JobState.PROCESSING else "; this request was made before, --again makes a new one"
    screen.print_line(f"{accepted.job_id}: accepted, {accepted.state}{before}")
