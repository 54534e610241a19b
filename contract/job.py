"""The request of a client, and the job that it becomes."""

import hashlib
from enum import StrEnum
from typing import Annotated, Final

from pydantic import ConfigDict, Field, StringConstraints

from .model import Value

MAX_URL: Final = 2_048  # what browsers and proxies pass on
MAX_REQUESTER: Final = 256
MAX_PASSWORD: Final = 127  # what PDF takes
MAX_COST_USD: Final = 10_000  # more is probably a mistake

# Characters that are safe in a promise id, a path and an object key.
JOB_ID: Final = r"[A-Za-z0-9_-]{1,128}"
JobId = Annotated[str, StringConstraints(pattern=f"^{JOB_ID}$")]
# No control characters, and no blanks except in object keys: programs read them differently.
_START: Final = r"[^\s/\x00-\x1f\x7f]"
_WEB: Final = rf"https?://{_START}[^\s\x00-\x1f\x7f]*"
_OBJECT: Final = rf"s3://{_START}[^\x00-\x1f\x7f]*"
DocumentUrl = Annotated[str, StringConstraints(pattern=f"^({_WEB}|{_OBJECT})$", max_length=MAX_URL)]
# It becomes a tag, and databases refuse NUL.
RequesterId = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=MAX_REQUESTER)]
# The kind of document, which decides what the analyzer looks for. Operators may add types.
TYPE_NAME: Final = r"[a-z][a-z0-9_-]{0,39}"
TypeName = Annotated[str, StringConstraints(pattern=f"^{TYPE_NAME}$")]
Password = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=MAX_PASSWORD)]


class DocumentType(StrEnum):
    """The built-in types."""

    INVOICE = "invoice"
    CONTRACT = "contract"
    REPORT = "report"


class DocumentJob(Value):
    """The one argument of the workflow."""

    model_config = ConfigDict(hide_input_in_errors=True)  # the text of an error may end in a log

    job_id: JobId
    document_url: DocumentUrl
    requester_id: RequesterId
    type: TypeName = DocumentType.REPORT.value
    # Opens an encrypted PDF. It is stored only in the promises of the job, its parts and its estimates. No log, result,
    # object, id or tag depends on it.
    document_password: Password | None = Field(default=None, repr=False, exclude_if=lambda value: value is None)
    # What providers may charge for this job. Before they would charge more, the job waits for approval.
    max_cost_usd: float | None = Field(
        default=None, ge=0, le=MAX_COST_USD, allow_inf_nan=False, exclude_if=lambda value: value is None
    )

    def digest(self) -> str:
        """Return a hash that is equal for equal requests.

        It leaves out defaults, so that a later optional field changes no old digest. It leaves out the password: ids
        and tags hold the digest, and a hash of a short password reveals it. So the same jobId with another password is
        the same job, with its first password.
        """
        sent = self.model_dump_json(exclude={"document_password"}, exclude_defaults=True, ensure_ascii=True)
        return hashlib.sha256(sent.encode()).hexdigest()


class DocumentRequest(DocumentJob):
    """The body of POST /process-document. Only here unknown fields are refused, because they may be misspelled."""

    model_config = ConfigDict(extra="forbid", strict=True)  # "5" and true are no numbers

    def to_job(self) -> DocumentJob:
        """Return the job that the client requests."""
        return DocumentJob.model_validate(self.model_dump())
