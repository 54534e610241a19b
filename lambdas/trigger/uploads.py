"""POST /uploads: gives the client an address for the bytes of one document, which do not pass through this API.

The object store accepts only the announced bytes: the signature of the address covers their size, type and hash. An
upload is written once. With a hash, a repeated announcement finds its upload, and a client sends nothing if the store
has it already.
"""

import base64
import hashlib
import re
from http import HTTPStatus
from os import urandom
from typing import Final

import obstore
from obstore.exceptions import BaseError

from contract.batches import MAX_MANIFEST_BYTES
from contract.environment import SettingsError
from contract.object_keys import manifest_key, upload_key
from contract.times import format_seconds
from contract.uploads import (
    MAX_NAME,
    MEDIA_TYPE_MEANING,
    URL_SECONDS,
    Upload,
    UploadComplete,
    UploadOpen,
    UploadPurpose,
)

from .errors import ProblemError, bad_request, store_unavailable
from .gateway import Request, Response
from .object_store import open_objects
from .ports import Ports
from .presigned_put import METHOD, presign_put
from .problems import upload_missing
from .request import parse_form, parse_object

FORM: Final = (
    f"an upload has name (a file name of at most {MAX_NAME} characters), size (a whole number of bytes, at least 1)"
    f" and, if you like, contentType ({MEDIA_TYPE_MEANING}), sha256 (64 digits of 0-9 a-f) and purpose"
    f" ({' or '.join(UploadPurpose)}), and nothing else"
)
_KEYS: Final = {UploadPurpose.DOCUMENT: upload_key, UploadPurpose.MANIFEST: manifest_key}
_MAX_READABLE: Final = 48  # characters of the name in an id
_DEFAULT_NAME: Final = "document"
_OWNER_DIGITS: Final = 12
_CONTENT_DIGITS: Final = 32  # 128 bits: no client guesses the id of another's upload


def answer(ports: Ports, request: Request) -> Response:
    """Answer one request."""
    upload = parse_upload(request, ports.max_document_bytes)
    upload_id = choose_id(upload, request.caller.requester_id)
    ports.log.append_keys(uploadId=upload_id)
    key = _KEYS[upload.purpose](upload_id)
    if upload.sha256 and is_stored(ports.store_url, key):
        return Response(HTTPStatus.OK, UploadComplete(upload_id=upload_id))
    opened = _open(ports, upload, upload_id, key)
    ports.log.info("upload announced", size=upload.size)
    return Response(HTTPStatus.CREATED, opened)


def find_upload_problem(ports: Ports, request: Request, upload_id: str) -> ProblemError | None:
    """Return the same problem for an upload that does not exist and for another requester's; None for the caller's."""
    is_usable = is_own_upload(request, upload_id) and is_stored(ports.store_url, upload_key(upload_id))
    return None if is_usable else upload_missing(upload_id)


def is_own_upload(request: Request, upload_id: str) -> bool:
    """Whether the caller owns the upload."""
    requester_id = request.caller.requester_id
    return requester_id is None or upload_id.split("-")[-2:-1] == [_make_owner(requester_id)]


def parse_upload(request: Request, max_bytes: int) -> Upload:
    """Parse the body, or say what an upload is."""
    values = parse_object(request)
    size = values.get("size")
    if isinstance(size, float) and size.is_integer():  # JSON has one kind of number
        values["size"] = int(size)
    upload = parse_form(values, Upload, FORM)
    limit = MAX_MANIFEST_BYTES if upload.purpose is UploadPurpose.MANIFEST else max_bytes
    if upload.size > limit:
        raise bad_request(f"size is {upload.size}: a {upload.purpose} may have at most {limit} bytes")
    return upload


def choose_id(upload: Upload, requester_id: str | None) -> str:
    """Return an id: readable, with its owner, and the same one for the same content with the same name and type."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", upload.name.rpartition(".")[0] or upload.name).strip("-")[:_MAX_READABLE]
    owner = _make_owner(requester_id)
    content = f"{owner}\n{upload.to_json().decode()}" if upload.sha256 else urandom(32).hex()
    digits = hashlib.sha256(content.encode()).hexdigest()[:_CONTENT_DIGITS]
    return f"{readable.strip('-') or _DEFAULT_NAME}-{owner}-{digits}"


def _make_owner(requester_id: str | None) -> str:
    """Return the part of an id that names its owner. Clients without a token own their uploads together."""
    return hashlib.sha256((requester_id or "").encode()).hexdigest()[:_OWNER_DIGITS]


def _open(ports: Ports, upload: Upload, upload_id: str, key: str) -> UploadOpen:
    access = ports.uploads
    if access is None:
        message = "UPLOADS_URL, AWS_REGION or the credentials of the function are not set: uploads cannot be signed"
        raise SettingsError(message)
    headers = {"content-type": upload.content_type, "if-none-match": "*"}
    if upload.sha256:
        headers["x-amz-checksum-sha256"] = base64.b64encode(bytes.fromhex(upload.sha256)).decode()
    now = ports.clock.now()
    signed = {**headers, "content-length": str(upload.size)}
    url = presign_put(f"{access.url}/{key}", signed, access, at=now, seconds=URL_SECONDS)
    expires_at = format_seconds(int(now) + URL_SECONDS)
    return UploadOpen(upload_id=upload_id, method=METHOD, url=url, headers=headers, expires_at=expires_at)


def is_stored(store_url: str, key: str) -> bool:
    """Whether the object is there. A listing: S3 answers 403 to a caller who asks for a missing object by its key."""
    try:
        pages = obstore.list(open_objects(store_url), key.rpartition("/")[0])
        return any(item["path"] == key for page in pages for item in page)
    except (BaseError, OSError) as error:
        raise store_unavailable() from error
