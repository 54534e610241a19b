"""Uploads: a client announces a document, and sends its bytes to an address that accepts only these."""

from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta

from .answers import Answer
from .api_value import ApiValue

MAX_NAME: Final = 255  # what file systems take
URL_SECONDS: Final = 15 * 60  # in which the bytes must begin to arrive
MEDIA_TYPE_MEANING: Final = "such as application/pdf"
_MEDIA_TYPE: Final = r"[A-Za-z0-9!#$&^_.+-]{1,63}/[A-Za-z0-9!#$&^_.+-]{1,127}"
_NAME: Final = r"[^\x00-\x1f\x7f\ud800-\udfff]+"


class UploadPurpose(StrEnum):
    """The use of an upload: the document of a job, or the manifest of a batch."""

    DOCUMENT = "document"
    MANIFEST = "manifest"


class Upload(ApiValue, frozen=True, kw_only=True):
    """What a client announces. With a hash, a repeated announcement finds the same upload."""

    name: Annotated[str, Meta(pattern=rf"^{_NAME}\Z", max_length=MAX_NAME)]
    size: Annotated[int, Meta(ge=1)]  # bytes
    content_type: Annotated[str, Meta(pattern=rf"^{_MEDIA_TYPE}\Z")] = "application/octet-stream"
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")] | None = None
    purpose: UploadPurpose = UploadPurpose.DOCUMENT


class UploadOpen(Answer, frozen=True, tag="open"):
    """201: send the bytes to the URL, by this method and with these headers."""

    upload_id: str
    method: str
    url: str
    headers: dict[str, str]
    expires_at: str  # ISO 8601, UTC


class UploadComplete(Answer, frozen=True, tag="complete"):
    """200: the object store has these bytes already."""

    upload_id: str
