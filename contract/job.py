"""The job that a client requests, which is the argument of the workflow."""

import hashlib
import re
from collections.abc import Mapping
from enum import StrEnum
from json import dumps
from typing import Annotated, Final, Self

from msgspec import Meta, field, json, structs

from .api_value import ApiValue, read_fields
from .inbox import InboxFile
from .names import JOB, Tag

MEGABYTE: Final = 2**20
DOCUMENT_MEGABYTES: Final = 50  # the size of the largest document, by default
MAX_URL: Final = 2_048  # what browsers and proxies pass on
MAX_REQUESTER: Final = 256
MAX_PASSWORD: Final = 127  # what PDF takes
MAX_COST_USD: Final = 10_000  # more is probably a mistake

# The deadline of a root promise cannot be changed, so it is only a safety net: the workflow keeps the work deadline.
LIFETIME_SECONDS: Final = 30 * 24 * 3_600

# Characters that are safe in a promise id, a path and an object key.
MAX_JOB_ID: Final = 128
JOB_ID: Final = rf"[A-Za-z0-9_-]{{1,{MAX_JOB_ID}}}"
# The id of an upload: a readable name, its owner, and digits that cannot be guessed.
UPLOAD_ID: Final = JOB_ID
# The kind of document, which decides what the analyzer looks for. Operators may add types.
TYPE_NAME: Final = r"[a-z][a-z0-9_-]{0,39}"
# No control characters: programs read them differently, and databases refuse NUL in tags. No unpaired surrogates, which
# UTF-8 cannot encode.
_BAD: Final = r"\x00-\x1f\x7f\ud800-\udfff"
REQUESTER: Final = rf"[^{_BAD}]+"
# No blanks except in object keys.
# U+0085 is a blank to Python, and none to other languages that read these patterns.
_WEB: Final = rf"https?://[^\s\x85/{_BAD}][^\s\x85{_BAD}]*"
_CALLBACK: Final = rf"https?://[^\s\x85/?#@{_BAD}]+(?:[/?][^\s\x85#{_BAD}]*)?"  # neither credentials nor a fragment
_HOST: Final = re.compile(r"https?://([^/?]+)")
_OBJECT: Final = rf"s3://[^\s\x85/{_BAD}][^{_BAD}]*"
# Fields that no client sends: one for retries, the other for files of the inbox.
OWN_FIELDS: Final = ("earlierJobs", "inboxFile")
MAX_EARLIER_JOBS: Final = 10  # older jobs have no pages that these lack
UPLOAD_SCHEME: Final = "upload://"  # the addresses of uploads, which no client sends, begin with it


def is_job_id(text: str) -> bool:
    """Whether a job can have this id. Other texts could be the id of another promise, such as a step's."""
    return re.fullmatch(JOB_ID, text) is not None


def find_host(url: str) -> str:
    """Return the host of a callback URL, with its port if it names one."""
    found = _HOST.match(url)
    return found[1].lower() if found else ""


class DocumentType(StrEnum):
    """The built-in types."""

    INVOICE = "invoice"
    CONTRACT = "contract"
    REPORT = "report"
    RECEIPT = "receipt"


_DEFAULT_TYPE: Final = DocumentType.REPORT.value
DEFAULT_CONFIDENCE: Final = 0.8
MAX_APPROVAL_HOURS: Final = 600  # 25 days: a job ends after 30
MIN_REMINDER_HOURS: Final = 0.25
_DEFAULT_APPROVAL_HOURS: Final = 72.0
_DEFAULT_REMINDER_HOURS: Final = 24.0


class ReviewRule(StrEnum):
    """Which results a person reviews."""

    ALWAYS = "always"
    LOW_CONFIDENCE = "lowConfidence"  # a finding below the threshold, without a confidence, or not verified; or none


class TimeoutAction(StrEnum):
    """How a job continues if its review times out."""

    REJECT = "reject"
    APPROVE = "approve"


class Approval(ApiValue, frozen=True):
    """The review that a client requests: the job waits for it between the analysis and its result."""

    required: ReviewRule
    below: Annotated[float, Meta(ge=0, le=1)] = DEFAULT_CONFIDENCE
    timeout_hours: Annotated[float, Meta(gt=0, le=MAX_APPROVAL_HOURS)] = _DEFAULT_APPROVAL_HOURS
    reminder_hours: Annotated[float, Meta(ge=MIN_REMINDER_HOURS, le=MAX_APPROVAL_HOURS)] = _DEFAULT_REMINDER_HOURS
    on_timeout: TimeoutAction = TimeoutAction.REJECT

    @property
    def pause_hours(self) -> float:
        """The time between two notices, of which at least one is sent before the end."""
        return min(self.reminder_hours, self.timeout_hours / 2)

    def is_last_reminder(self, number: int) -> bool:
        """Whether this is the last reminder before the time is over; reminders count from 1."""
        return number > 0 and (number + 1) * self.pause_hours >= self.timeout_hours


class DocumentJob(ApiValue, frozen=True, kw_only=True):
    """The job as the client sends it and as its promise holds it. `read` checks it, the constructor does not.

    A job has either `document_url` or `upload_id`, or it comes from a file in the inbox.
    """

    job_id: Annotated[str, Meta(pattern=rf"^{JOB_ID}\Z")]
    document_url: Annotated[str, Meta(pattern=rf"^({_WEB}|{_OBJECT})\Z", max_length=MAX_URL)] = ""
    requester_id: Annotated[str, Meta(pattern=rf"^{REQUESTER}\Z", max_length=MAX_REQUESTER)]
    # A factory, because JSON leaves out plain defaults: a stored job names its type.
    type: Annotated[str, Meta(pattern=rf"^{TYPE_NAME}\Z")] = field(default_factory=lambda: _DEFAULT_TYPE)
    # Opens an encrypted PDF. It stands only in the promises of the job, its parts, its page images and its estimates.
    # No log, result, object, id or tag depends on it.
    document_password: Annotated[str, Meta(pattern=rf"^[^{_BAD}]+\Z", max_length=MAX_PASSWORD)] | None = None
    # The most that providers may charge for this job. Before it costs more, the job waits for a decision.
    max_cost_usd: Annotated[float, Meta(ge=0, le=MAX_COST_USD)] | None = None
    approval: Approval | None = None  # the review of its findings
    upload_id: Annotated[str, Meta(pattern=rf"^{UPLOAD_ID}\Z")] | None = None  # the upload that is the document
    # The jobs that this one retries, newest first: it uses the pages that they have read. No client sends it.
    earlier_jobs: tuple[str, ...] = ()

    inbox_file: InboxFile | None = None  # the file that the job was made for, if no client sent it

    @property
    def source(self) -> str:
        """The address that the worker reads the document from."""
        if self.inbox_file:
            return self.inbox_file.address
        return self.document_url if self.upload_id is None else f"{UPLOAD_SCHEME}{self.upload_id}"

    # Where events of the job are delivered. It may hold a secret, so logs and tags have its host only.
    callback_url: Annotated[str, Meta(pattern=rf"^{_CALLBACK}\Z", max_length=MAX_URL)] | None = None

    @property
    def receiver(self) -> str | None:
        """The host of the callback URL, with its port if it names one."""
        return find_host(self.callback_url) if self.callback_url else None

    def tags(self) -> dict[str, str]:
        """Return the tags of the job's promise, which are fixed when it is created."""
        tags = {Tag.KIND: JOB, Tag.TYPE: self.type, Tag.REQUESTER: self.requester_id, Tag.DIGEST: self.digest()}
        receiver = {Tag.RECEIVER: self.receiver} if self.receiver else {}
        return {name.value: value for name, value in (tags | receiver).items()}

    @classmethod
    def read(cls, values: Mapping[str, object]) -> Self:
        """Read the object of a request. Raises WrongFieldsError if fields are missing or wrong; others are ignored."""
        return read_fields(values, cls)

    def __repr__(self) -> str:
        return f"DocumentJob(job_id={self.job_id!r})"  # without the password: it may end in a log

    def digest(self) -> str:
        """Return a hash that is equal for equal requests.

        It leaves out defaults, so that a later optional field changes no old digest. It also leaves out the password:
        ids and tags hold the digest, and a hash of a short password reveals it. So the same jobId with another password
        is the same job, with its first password.
        """
        values = structs.replace(self, document_password=None).to_dict()
        if self.type == _DEFAULT_TYPE:
            del values["type"]
        # With escapes, as the first digests were made: tags keep those for years.
        sent = re.sub(r"[^\x00-\x7f]", lambda found: dumps(found[0])[1:-1], json.encode(values).decode())
        return hashlib.sha256(sent.encode()).hexdigest()
