"""`longhand submit`: submit a document, a local file or a URL, as a job."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from contract.answers import Accepted, JobState
from contract.job import DocumentJob
from ops.batches import submit_folder
from ops.errors import UserError
from ops.estimates import print_estimate
from ops.exit_codes import ExitCode
from ops.job_options import JobOptions
from ops.screen import Screen
from ops.target import Target, open_target
from ops.target_options import TargetOptions
from ops.uploads import upload_file

from .batch import print_accepted_batch
from .options import AsJson
from .status import watch_and_print


def submit(  # noqa: PLR0913 - an argument for each option
    document: Annotated[
        str,
        typer.Argument(metavar="FILE_OR_URL", help="A PDF, Word file, picture, a folder of them, or upload://ID."),
    ],
    job_options: JobOptions,
    options: TargetOptions,
    *,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until the job has ended; the exit code is that of status.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Start no job; estimate it, or show why it would fail.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Submit a document.

    A local file is uploaded first, to an address that the API gives out. The files of a folder are one batch.
    Submitting the same file with the same options again is the same job; --again starts a new one.

    For example:

      longhand submit invoice.pdf --type invoice --wait

      longhand submit https://example.com/report.pdf --job-id report-7

      longhand submit contract.pdf --type contract --stack Longhand --json

      longhand submit long.pdf --dry-run --max-cost 2.50

      longhand submit scans/ --type receipt --wait

      longhand submit contract.pdf --approval lowConfidence --approval-below 0.9 --callback https://example.com/events

      longhand submit secret.pdf --password-file - < password.txt
    """
    if (folder := Path(document)).is_dir():
        return _submit_folder(folder, job_options, options, wait=wait, as_json=as_json, dry_run=dry_run)
    if dry_run and wait:
        raise UserError(ExitCode.USAGE, "--dry-run starts no job that --wait could wait for", "leave one of them out")
    screen, target = Screen.open(), open_target(options)
    job = job_options.make_job(document, partial(upload_file, target.api))
    if dry_run:
        return print_estimate(screen, target.api.estimate(job), as_json=as_json)
    accepted = target.api.process_document(job)
    if not as_json:
        _print_accepted(screen, target, accepted)
    if wait:
        return watch_and_print(screen, target, job.job_id, as_json=as_json)
    if as_json:
        screen.print_json({**accepted.to_dict(), **name_document(job)})
    return ExitCode.OK


def _submit_folder(  # noqa: PLR0913 - as above
    folder: Path, job_options: JobOptions, options: TargetOptions, *, wait: bool, as_json: bool, dry_run: bool
) -> int:
    if dry_run or job_options.job_id or job_options.password_file:
        sentence = "--dry-run, --job-id and --password-file are for one document, and not for a folder"
        raise UserError(ExitCode.USAGE, sentence, "submit its files one by one")
    screen, target = Screen.open(), open_target(options)
    accepted = submit_folder(target.api, folder, job_options)
    return print_accepted_batch(screen, target, accepted, wait=wait, as_json=as_json)


def name_document(job: DocumentJob) -> dict[str, str]:
    """Return the field of a job that names its document."""
    return {"uploadId": job.upload_id} if job.upload_id else {"documentUrl": job.document_url}


def _print_accepted(screen: Screen, target: Target, accepted: Accepted) -> None:
    screen.print_note(f"Using {target.name}")
    is_new = accepted.state is JobState.PROCESSING
    repeated = "" if is_new else "; the same request was sent before, --again starts a new job"
    screen.print_line(f"{accepted.job_id}: accepted, {accepted.state}{repeated}")
