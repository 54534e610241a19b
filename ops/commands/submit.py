"""`longhand submit`: have a document worked off, a file of this machine or an address."""

import getpass
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import ValidationError

from contract.answers import Accepted, JobState
from contract.job import DocumentJob, DocumentType
from ops.exits import Exit
from ops.faults import Fault
from ops.jobs import job_id_of
from ops.screen import Screen
from ops.target import Target, open_target
from ops.where import Where

from .options import AsJson
from .status import follow

_ALLOWED: Final = {
    "jobId": "--job-id must be 1 to 128 characters of A-Z a-z 0-9 _ -",
    "documentUrl": "the address must begin with https://, http:// or s3:// and have at most 2048 characters, no blanks",
    "requesterId": "--requester must be a text of 1 to 256 characters",
}


def submit(  # noqa: PLR0913 - an argument for each option
    document: Annotated[str, typer.Argument(metavar="FILE_OR_URL", help="A PDF, PNG, JPEG or TIFF.")],
    where: Where,
    *,
    kind: Annotated[DocumentType, typer.Option("--type", help="What it is, which decides what is looked for.")] = (
        DocumentType.REPORT
    ),
    job_id: Annotated[str | None, typer.Option(help="The job's name; else made of the request.")] = None,
    requester: Annotated[str | None, typer.Option(help="Who asks; else the user of this machine.")] = None,
    again: Annotated[bool, typer.Option("--again", help="A new job, though the same was sent before.")] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for its end; the exit code is then that of status.")
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
    """
    screen, target = Screen.here(), open_target(where)
    job = _job(document, target, kind=kind, requester=requester or _me(), job_id=job_id, again=again)
    accepted = target.api.submit(job)
    if not as_json:
        _tell(screen, target, accepted)
    if wait:
        return follow(screen, target, job.job_id, as_json=as_json)
    if as_json:
        screen.json({**accepted.model_dump(mode="json"), "documentUrl": job.document_url})
    return Exit.OK


def _job(  # noqa: PLR0913 - what a job is made of
    document: str, target: Target, *, kind: DocumentType, requester: str, job_id: str | None, again: bool
) -> DocumentJob:
    """Make the job; a file is put where the worker finds it."""
    is_url = "://" in document
    if again and job_id:
        raise Fault(Exit.USAGE, "--again makes a new name and --job-id gives one", "leave one of them out")
    url = document if is_url else target.place.put(Path(document))
    name = None if is_url else Path(document).name
    job_id = job_id_of(url, kind, requester, name=name, again=again) if job_id is None else job_id
    try:
        return DocumentJob(job_id=job_id, document_url=url, requester_id=requester, type=kind)
    except ValidationError as error:
        raise Fault(Exit.USAGE, _ALLOWED[str(error.errors()[0]["loc"][0])]) from None


def _tell(screen: Screen, target: Target, accepted: Accepted) -> None:
    screen.note(f"Using {target.name}")
    before = "" if accepted.state is JobState.PROCESSING else "; this request was made before, --again makes a new one"
    screen.say(f"{accepted.job_id}: accepted, {accepted.state}{before}")


def _me() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have no users
        return "longhand"
