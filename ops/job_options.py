"""What a person asks for, from the options of a command to the job that the API takes."""

import getpass
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import ValidationError

from contract.job import DocumentJob, DocumentType

from .errors import UserError
from .exit_codes import ExitCode
from .inbox import Inbox
from .job_ids import derive_job_id
from .passwords import read_password

_ALLOWED: Final = {
    "job_id": "--job-id must be 1 to 128 characters of A-Z a-z 0-9 _ -",
    "document_url": "the address must begin with https://, http:// or s3:// and have at most 2048, no blanks",
    "requester_id": "--requester must be a text of 1 to 256 characters",
    "type": "--type must be 1 to 40 characters of a-z 0-9 _ - that begin with a letter",
    "document_password": "the password must be a text of 1 to 127 characters in one line",
    "max_cost_usd": "--max-cost must be a number of US dollars from 0 to 10000",
}


@dataclass(frozen=True, kw_only=True)
class JobOptions:
    """How the document is to be worked off, and under which name."""

    kind: Annotated[
        str, typer.Option("--type", help="What it is, which decides what is looked for: invoice, contract, ...")
    ] = DocumentType.REPORT.value
    job_id: Annotated[str | None, typer.Option(help="The job's name; else made of the request.")] = None
    requester: Annotated[str | None, typer.Option(help="Who asks; else the user of this machine.")] = None
    again: Annotated[bool, typer.Option("--again", help="A new job, though the same was sent before.")] = False
    password_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="A file with the document's password, or - for standard input. "
            "There is no option for the password itself: lists of processes show the command line.",
        ),
    ] = None
    max_cost: Annotated[
        float | None,
        typer.Option(metavar="USD", help="What paid providers may charge; before it is more, the job waits for you."),
    ] = None

    def make_job(self, document: str, place: Inbox) -> DocumentJob:
        """Make the job; a file is put where the worker finds it, after all else is known to be good."""
        if self.again and self.job_id:
            raise UserError(ExitCode.USAGE, "--again makes a new name and --job-id gives one", "leave one of them out")
        password = read_password(self.password_file) if self.password_file else None
        self._job("https://host/document", self.job_id or "any", password)
        is_url = "://" in document
        url = document if is_url else place.put(Path(document))
        return self._job(url, self.job_id or self._name(url, None if is_url else Path(document).name), password)

    def _name(self, url: str, name: str | None) -> str:
        beside = [f"at most {self.max_cost:g}"] if self.max_cost is not None else []
        beside += ["with a password"] if self.password_file else []
        return derive_job_id(url, self.kind, self._requester(), name=name, again=self.again, beside=beside)

    def _requester(self) -> str:
        return _me() if self.requester is None else self.requester

    def _job(self, url: str, job_id: str, password: str | None) -> DocumentJob:
        try:
            return DocumentJob(
                job_id=job_id,
                document_url=url,
                requester_id=self._requester(),
                type=self.kind,
                document_password=password,
                max_cost_usd=self.max_cost,
            )
        except ValidationError as error:
            raise UserError(ExitCode.USAGE, _ALLOWED[str(error.errors()[0]["loc"][0])]) from None


def _me() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have no users
        return "longhand"
