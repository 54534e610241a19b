"""The operation on uploads. The bytes go to another address, without the API's credentials."""

from http import HTTPStatus

from contract.uploads import Upload, UploadComplete, UploadOpen

from .exchange import Operation, Request
from .sending import ask


def announce_upload(upload: Upload) -> Operation[UploadOpen | UploadComplete]:
    """Return the address for the bytes of a document, or that the object store has them already."""
    request = Request(method="POST", path="/uploads", body=upload.to_json())
    answer: UploadOpen | UploadComplete = yield from ask(
        request, UploadOpen | UploadComplete, HTTPStatus.CREATED, HTTPStatus.OK
    )
    return answer
