"""What a client asks for, and the job that becomes of it."""

import hashlib
from enum import StrEnum
from typing import Annotated, Final

from pydantic import ConfigDict, StringConstraints

from .model import Value

MAX_URL: Final = 2_048  # what browsers and proxies pass on
MAX_REQUESTER: Final = 256

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


class DocumentType(StrEnum):
    """What the document is, which decides what is looked for in it."""

    INVOICE = "invoice"
    CONTRACT = "contract"
    REPORT = "report"


class DocumentJob(Value):
    """The one argument of the workflow."""

    job_id: JobId
    document_url: DocumentUrl
    requester_id: RequesterId
    type: DocumentType = DocumentType.REPORT

    def digest(self) -> str:
        """Equal for equal requests. Defaults are left out, so that a later optional field changes no old digest."""
        sent = self.model_dump_json(exclude_defaults=True, ensure_ascii=True)
        return hashlib.sha256(sent.encode()).hexdigest()


class DocumentRequest(DocumentJob):
    """The body of POST /process-document. Here, and only here, what is not known is refused: it may be misspelt."""

    model_config = ConfigDict(extra="forbid")

    def to_job(self) -> DocumentJob:
        """The job that was asked for."""
        return DocumentJob.model_validate(self.model_dump())
