"""S3's PUT of a signed address, for the folder that is the object store on a laptop.

It signs the request as the trigger signed the address. So it checks size, type, hash and time as S3 does; answers and
codes are S3's. An object appears under its name once it is complete.
"""

import base64
import hashlib
import hmac
import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Final, Self
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from aiohttp import ClientError, web

from contract.object_keys import INCOMING, UPLOADS
from lambdas.trigger.presigned_put import METHOD, SIGNATURE, presign_put
from lambdas.trigger.settings import Settings, UploadAccess

from .gateway_paths import UPLOADS_PATH

_LOG: Final = logging.getLogger(__name__)
_PIECE_BYTES: Final = 2**18


class RefusedError(Exception):
    """S3 would refuse the request with this status and code."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status: Final = status
        self.code: Final = code
        self.message: Final = message


class UploadEndpoint:
    """Takes uploads into a folder; `access` is what their addresses were signed with."""

    def __init__(self, folder: Path, access: UploadAccess) -> None:
        self._folder: Final = folder
        self._access: Final = access

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Self | None:
        """Return the endpoint for a trigger with these variables, or None if its object store is not a folder."""
        if not variables.get("UPLOADS_URL"):  # the trigger's other variables may be unset, too
            return None
        settings = Settings.from_env(variables)
        if settings.uploads is None or not settings.store_url.startswith("file:"):
            return None
        return cls(Path(unquote(urlsplit(settings.store_url).path)), settings.uploads)

    def handles(self, request: web.BaseRequest) -> bool:
        """Whether the request is one for this endpoint."""
        return request.method == METHOD and request.rel_url.path.startswith(f"{UPLOADS_PATH}/")

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer one request."""
        try:
            self._check_signature(request)
            await self._write(request)
        except RefusedError as error:
            return _refuse(error)
        except (ClientError, ConnectionError):  # the client has ended, or sent less than it announced
            return _refuse(
                RefusedError(HTTPStatus.BAD_REQUEST, "IncompleteBody", "Fewer bytes came than were announced")
            )
        except OSError as error:
            _LOG.warning("an upload could not be written: %s", error.strerror)
            return _refuse(RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, "SlowDown", "The folder could not be written"))
        return web.Response()

    def _check_signature(self, request: web.BaseRequest) -> None:
        query = request.rel_url.query
        try:
            at = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
            seconds = int(query["X-Amz-Expires"])
            signed = query["X-Amz-SignedHeaders"].split(";")
            headers = {name: request.headers[name] for name in signed if name != "host"}
        except (KeyError, ValueError, OverflowError):
            raise _make_mismatch_error() from None
        url = f"http://{request.host}{request.rel_url.raw_path}"
        expected = presign_put(url, headers, self._access, at=at, seconds=seconds)
        if not hmac.compare_digest(expected.rpartition("=")[2].encode(), query.get(SIGNATURE, "").encode()):
            raise _make_mismatch_error()
        if time.time() > at + seconds:
            raise RefusedError(HTTPStatus.FORBIDDEN, "AccessDenied", "Request has expired")

    async def _write(self, request: web.BaseRequest) -> None:
        key = request.rel_url.path.removeprefix(f"{UPLOADS_PATH}/")
        if not key.startswith(f"{UPLOADS}/") or ".." in key.split("/"):  # the trigger signs only uploads
            raise _make_mismatch_error()
        target = self._folder / key
        if target.exists():
            raise _make_exists_error()
        with self._open_draft() as draft:
            await _receive(request, draft)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(draft, target)  # unlike a rename, it replaces nothing
            except FileExistsError:
                raise _make_exists_error() from None

    @contextmanager
    def _open_draft(self) -> Iterator[Path]:
        draft = self._folder / INCOMING / uuid4().hex
        draft.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield draft
        finally:
            draft.unlink(missing_ok=True)


async def _receive(request: web.BaseRequest, draft: Path) -> None:
    """Write the body; its length is signed, and the client cannot send more."""
    digest = hashlib.sha256()
    with draft.open("wb") as file:
        async for piece in request.content.iter_chunked(_PIECE_BYTES):
            digest.update(piece)
            file.write(piece)
    wanted = request.headers.get("x-amz-checksum-sha256")
    if wanted is not None and wanted != base64.b64encode(digest.digest()).decode():
        raise RefusedError(HTTPStatus.BAD_REQUEST, "BadDigest", "The SHA256 you specified did not match the content")


def _refuse(error: RefusedError) -> web.Response:
    body = f"<Error><Code>{error.code}</Code><Message>{error.message}</Message></Error>"
    return web.Response(status=error.status, text=body, content_type="application/xml")


def _make_mismatch_error() -> RefusedError:
    message = "The size, a header, the time or the address of the request is not the one that was signed"
    return RefusedError(HTTPStatus.FORBIDDEN, "SignatureDoesNotMatch", message)


def _make_exists_error() -> RefusedError:
    return RefusedError(HTTPStatus.PRECONDITION_FAILED, "PreconditionFailed", "The upload is complete already")
