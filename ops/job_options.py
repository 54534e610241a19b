"""The options that describe a job, and the request made of them."""

import getpass
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from contract.api_value import WrongFieldsError
from contract.job import DocumentJob, DocumentType

from .errors import UserError
from .exit_codes import ExitCode
from .job_ids import derive_job_id
from .passwords import read_password
from .uploads import LocalFile, read_file

_RULES: Final = {
    "jobId": "--job-id must be 1 to 128 characters of A-Z a-z 0-9 _ -",
    "documentUrl": "the URL must start with https://, http:// or s3://, have at most 2048 characters and no spaces",
    "requesterId": "--requester must have 1 to 256 characters",
    "type": "--type must be 1 to 40 characters of a-z 0-9 _ - and start with a letter",
    "documentPassword": "the password must be one line of 1 to 127 characters",
    "maxCostUsd": "--max-cost must be a number of US dollars from 0 to 10000",
}


@dataclass(frozen=True, kw_only=True)
class JobOptions:
    """What to do with the document, and the job's id."""

    kind: Annotated[
        str,
        typer.Option(
            "--type", help="The document's type, which selects the fields to extract: invoice, contract, receipt."
        ),
    ] = DocumentType.REPORT.value
    job_id: Annotated[str | None, typer.Option(help="The job's id; derived from the request by default.")] = None
    requester: Annotated[str | None, typer.Option(help="The requester's id; your user name by default.")] = None
    again: Annotated[
        bool, typer.Option("--again", help="Start a new job even if the same request was sent before.")
    ] = False
    password_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="A file with the document's password, or - for standard input. "
            "There is no option for the password itself: process lists show the command line.",
        ),
    ] = None
    max_cost: Annotated[
        float | None,
        typer.Option(
            metavar="USD",
            help="The most that paid providers may charge; before exceeding it, the job waits for a decision.",
        ),
    ] = None

    def make_job(self, document: str, upload: Callable[[LocalFile], str]) -> DocumentJob:
        """Return the job. A local file is uploaded last, after every option was validated."""
        if self.again and self.job_id:
            raise UserError(ExitCode.USAGE, "--again derives a new id and --job-id sets one", "leave one of them out")
        password = read_password(self.password_file) if self.password_file else None
        self._validate({"documentUrl": "https://host/document"}, self.job_id or "any", password)
        if "://" in document:
            return self._validate({"documentUrl": document}, self.job_id or self._derive_id(document), password)
        file = read_file(Path(document))
        job_id = self.job_id or self._derive_id(f"sha256:{file.sha256}", file.name)
        return self._validate({"uploadId": upload(file)}, job_id, password)

    def _derive_id(self, source: str, name: str | None = None) -> str:
        extras = [f"at most {self.max_cost:g}"] if self.max_cost is not None else []
        extras += ["with a password"] if self.password_file else []
        return derive_job_id(source, self.kind, self.requester_id, name=name, again=self.again, extras=extras)

    def refuse_single(self) -> None:
        """Raise if an option was given that is for one document only."""
        if self.job_id or self.password_file or self.again:
            raise UserError(ExitCode.USAGE, "--job-id, --password-file and --again are for one document")

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of the request that are not about its document."""
        limit = {} if self.max_cost is None else {"maxCostUsd": self.max_cost}
        return {"type": self.kind, **limit}

    @property
    def requester_id(self) -> str:
        """Who asks."""
        return _read_user() if self.requester is None else self.requester

    def _validate(self, document: Mapping[str, str], job_id: str, password: str | None) -> DocumentJob:
        try:
            return DocumentJob.read(
                {
                    "jobId": job_id,
                    **document,
                    "requesterId": self.requester_id,
                    "type": self.kind,
                    "documentPassword": password,
                    "maxCostUsd": self.max_cost,
                }
            )
        except WrongFieldsError as error:
            raise UserError(ExitCode.USAGE, _RULES[error.names[0]]) from None


def _read_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have no users
        return "longhand"
