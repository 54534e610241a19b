"""The operations on uploads. The bytes go to another address, without the API's credentials."""

import hashlib
import mimetypes
from http import HTTPStatus
from typing import Final

from contract.uploads import Upload, UploadComplete, UploadOpen, UploadPurpose

from .errors import UnreachableError, UploadError
from .exchange import Operation, Request
from .sending import ask, send

_UNKNOWN_TYPE: Final = "application/octet-stream"


def announce_upload(upload: Upload) -> Operation[UploadOpen | UploadComplete]:
    """Return the address for the bytes of a document, or that the object store has them already."""
    request = Request(method="POST", path="/uploads", body=upload.to_json())
    answer: UploadOpen | UploadComplete = yield from ask(
        request, UploadOpen | UploadComplete, HTTPStatus.CREATED, HTTPStatus.OK
    )
    return answer


def upload(
    name: str,
    content: bytes,
    content_type: str | None = None,
    *,
    purpose: UploadPurpose = UploadPurpose.DOCUMENT,
) -> Operation[str]:
    """Upload a document, unless the object store has it already; return the id for the `uploadId` of a job.

    A manifest has an item of a batch in each line, and its id is for the `uploadId` of a batch. The announcement has
    the hash of the content. So a repeated upload is found without sending its bytes again, and a damaged copy is
    refused.
    """
    announced = Upload(
        name=name,
        size=len(content),
        content_type=content_type or mimetypes.guess_type(name)[0] or _UNKNOWN_TYPE,
        sha256=hashlib.sha256(content).hexdigest(),
        purpose=purpose,
    )
    answer = yield from announce_upload(announced)
    if isinstance(answer, UploadOpen):
        yield from _send(answer, name, content)
    return answer.upload_id


def _send(upload: UploadOpen, name: str, content: bytes) -> Operation[None]:
    request = Request(method=upload.method, path=upload.url, body=content, headers=upload.headers, is_elsewhere=True)
    try:
        reply = yield from send(request)
    except UnreachableError as error:
        raise UploadError(f"{name} could not be uploaded: the object store does not answer") from error
    # 412: the answer to an attempt before was lost. The object is complete, and its hash was checked then.
    if reply.status not in (HTTPStatus.OK, HTTPStatus.PRECONDITION_FAILED):
        raise UploadError(f"{name} could not be uploaded: the object store answered {reply.status}")
