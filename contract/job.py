"""What a client asks for, and the job that becomes of it."""

import hashlib
from enum import StrEnum
from typing import Annotated, Final

from pydantic import ConfigDict, Field, StringConstraints

from .model import Value

MAX_URL: Final = 2_048  # what browsers and proxies pass on
MAX_REQUESTER: Final = 256
MAX_PASSWORD: Final = 127  # what PDF takes
MAX_COST_USD: Final = 10_000  # a slip of the keyboard is more

# The characters that are safe in a promise id, a path and an object's key.
JOB_ID: Final = r"[A-Za-z0-9_-]{1,128}"
JobId = Annotated[str, StringConstraints(pattern=f"^{JOB_ID}$")]
# No control characters, and no blanks but in the key of an object: one program would read them so, the next otherwise.
_START: Final = r"[^\s/\x00-\x1f\x7f]"
_WEB: Final = rf"https?://{_START}[^\s\x00-\x1f\x7f]*"
_OBJECT: Final = rf"s3://{_START}[^\x00-\x1f\x7f]*"
DocumentUrl = Annotated[str, StringConstraints(pattern=f"^({_WEB}|{_OBJECT})$", max_length=MAX_URL)]
# It becomes a tag, and no database keeps NUL in a text.
RequesterId = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=MAX_REQUESTER)]


# What the document is, which decides what is looked for in it. Whoever runs the system may add types.
TYPE_NAME: Final = r"[a-z][a-z0-9_-]{0,39}"
TypeName = Annotated[str, StringConstraints(pattern=f"^{TYPE_NAME}$")]
Password = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=MAX_PASSWORD)]


class DocumentType(StrEnum):
    """The types that are always there."""

    INVOICE = "invoice"
    CONTRACT = "contract"
    REPORT = "report"


class DocumentJob(Value):
    """The one argument of the workflow."""

    model_config = ConfigDict(hide_input_in_errors=True)  # an error's text may end in a log, and has a password in it

    job_id: JobId
    document_url: DocumentUrl
    requester_id: RequesterId
    type: TypeName = DocumentType.REPORT.value
    # Opens an encrypted PDF. It lies in the values of promises only, the job's and those of its parts and its
    # estimates: no log, result or object has it, and no id or tag tells anything of it.
    document_password: Password | None = Field(default=None, repr=False, exclude_if=lambda it: it is None)
    # What providers of paid work may charge for this job; before it would be more, the job waits for a person.
    max_cost_usd: float | None = Field(
        default=None, ge=0, le=MAX_COST_USD, allow_inf_nan=False, exclude_if=lambda it: it is None
    )

    def digest(self) -> str:
        """Equal for equal requests. Defaults are left out, so that a later optional field changes no old digest.

        The password is left out as well: ids and tags have the digest, many may read those, and whoever has a hash of a
        short password has the password. So the same jobId with another one is the same job, with the one it came with.
        """
        sent = self.model_dump_json(exclude={"document_password"}, exclude_defaults=True, ensure_ascii=True)
        return hashlib.sha256(sent.encode()).hexdigest()


class DocumentRequest(DocumentJob):
    """The body of POST /process-document. Here, and only here, what is not known is refused: it may be misspelt."""

    model_config = ConfigDict(extra="forbid", strict=True)  # "5" is no number, and true is none either

    def to_job(self) -> DocumentJob:
        """The job that was asked for."""
        return DocumentJob.model_validate(self.model_dump())
