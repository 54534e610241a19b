"""The options that describe a job, and the request made of them."""

import getpass
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from contract.api_value import WrongFieldsError, read_fields
from contract.job import (
    MAX_APPROVAL_HOURS,
    MIN_REMINDER_HOURS,
    UPLOAD_SCHEME,
    Approval,
    DocumentJob,
    DocumentType,
    ReviewRule,
    TimeoutAction,
    find_host,
)

from .errors import UserError
from .exit_codes import ExitCode
from .job_ids import derive_job_id
from .passwords import read_password
from .uploads import LocalFile, read_file

# The field of a request that each option sets, by its path. Options for one document only are not among them.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": ("type",),
    "max_cost": ("maxCostUsd",),
    "callback": ("callbackUrl",),
    "approval": ("approval", "required"),
    "approval_below": ("approval", "below"),
    "approval_timeout": ("approval", "timeoutHours"),
    "approval_reminder": ("approval", "reminderHours"),
    "approval_on_timeout": ("approval", "onTimeout"),
}
_RULES: Final = {
    "jobId": "--job-id must be 1 to 128 characters of A-Z a-z 0-9 _ -",
    "documentUrl": "the URL must start with https://, http:// or s3://, have at most 2048 characters and no spaces",
    "requesterId": "--requester must have 1 to 256 characters",
    "type": "--type must be 1 to 40 characters of a-z 0-9 _ - and start with a letter",
    "documentPassword": "the password must be one line of 1 to 127 characters",
    "maxCostUsd": "--max-cost must be a number of US dollars from 0 to 10000",
    "uploadId": f"after {UPLOAD_SCHEME} there must be an id that longhand upload has printed",
    "callbackUrl": "--callback must be an https:// URL of at most 2048 characters, without credentials and fragment",
    "below": "--approval-below must be a number from 0 to 1",
    "timeoutHours": f"--approval-timeout must be a number of hours above 0, at most {MAX_APPROVAL_HOURS}",
    "reminderHours": f"--approval-reminder must be {MIN_REMINDER_HOURS} to {MAX_APPROVAL_HOURS} hours",
}


_TYPES: Final = ", ".join(DocumentType)


@dataclass(frozen=True, kw_only=True)
class RequestOptions:
    """What to do with a document, or with each of many."""

    kind: Annotated[
        str,
        typer.Option(
            "--type",
            help=f"The document's type, which selects the fields to extract: {_TYPES}, or one of your own.",
        ),
    ] = DocumentType.REPORT.value
    requester: Annotated[str | None, typer.Option(help="The requester's id; your user name by default.")] = None
    max_cost: Annotated[
        float | None,
        typer.Option(
            metavar="USD",
            help="The most that paid providers may charge; before exceeding it, the job waits for a decision.",
        ),
    ] = None
    approval: Annotated[
        ReviewRule | None,
        typer.Option(help="Have a person review the findings: always, or only if one has a low confidence."),
    ] = None
    approval_below: Annotated[
        float | None, typer.Option(metavar="NUMBER", help="The confidence below which lowConfidence asks; 0.8.")
    ] = None
    approval_timeout: Annotated[
        float | None, typer.Option(metavar="HOURS", help="How long the job waits for the review; 72.")
    ] = None
    approval_reminder: Annotated[
        float | None, typer.Option(metavar="HOURS", help="How often the reviewer is reminded; 24.")
    ] = None
    approval_on_timeout: Annotated[TimeoutAction | None, typer.Option(help="How the job continues then; reject.")] = (
        None
    )
    callback: Annotated[
        str | None, typer.Option(metavar="URL", help="Where the job's events are delivered, signed.")
    ] = None

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of the request, without those that name its document."""
        set_values = {path: value for name, path in FIELDS.items() if (value := getattr(self, name)) is not None}
        fields: dict[str, Any] = {path[0]: value for path, value in set_values.items() if len(path) == 1}
        if parts := {path[1]: value for path, value in set_values.items() if len(path) > 1}:
            if "required" not in parts:
                raise UserError(ExitCode.USAGE, "an --approval-... option needs --approval", "add --approval always")
            fields["approval"] = parts
        return fields

    @property
    def requester_id(self) -> str:
        """The requester."""
        return _read_user() if self.requester is None else self.requester


@dataclass(frozen=True, kw_only=True)
class JobOptions(RequestOptions):
    """What to do with one document, and the job's id."""

    job_id: Annotated[str | None, typer.Option(help="The job's id; derived from the request by default.")] = None
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

    def make_job(self, document: str, upload: Callable[[LocalFile], str]) -> DocumentJob:
        """Return the job. A local file is uploaded last, after every option was validated."""
        if self.again and self.job_id:
            raise UserError(ExitCode.USAGE, "--again derives a new id and --job-id sets one", "leave one of them out")
        password = read_password(self.password_file) if self.password_file else None
        self._validate({"documentUrl": "https://host/document"}, self.job_id or "any", password)
        if document.startswith(UPLOAD_SCHEME):
            uploaded = {"uploadId": document.removeprefix(UPLOAD_SCHEME)}
            return self._validate(uploaded, self.job_id or self._derive_id(document), password)
        if "://" in document:
            return self._validate({"documentUrl": document}, self.job_id or self._derive_id(document), password)
        file = read_file(Path(document))
        job_id = self.job_id or self._derive_id(f"sha256:{file.sha256}", file.name)
        return self._validate({"uploadId": upload(file)}, job_id, password)

    def _derive_id(self, source: str, name: str | None = None) -> str:
        extras = [f"at most {self.max_cost:g}"] if self.max_cost is not None else []
        extras += ["with a password"] if self.password_file else []
        extras += [f"events to {find_host(self.callback)}"] if self.callback else []  # the rest may be a secret
        extras += [f"{name} {value}" for name, value in self.fields.get("approval", {}).items()]
        return derive_job_id(source, self.kind, self.requester_id, name=name, again=self.again, extras=extras)

    def _validate(self, document: Mapping[str, str], job_id: str, password: str | None) -> DocumentJob:
        own = {"jobId": job_id, **document, "requesterId": self.requester_id, "documentPassword": password}
        values = {**own, **self.fields}
        try:
            if "approval" in values:
                read_fields(values["approval"], Approval)  # its error names the field
            return DocumentJob.read(values)
        except WrongFieldsError as error:
            raise UserError(ExitCode.USAGE, _RULES[error.names[0]]) from None


def _read_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have no users
        return "longhand"
