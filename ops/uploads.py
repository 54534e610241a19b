"""Uploads a local file: announces it at the API, and sends its bytes to the address that the API answers with.

The announcement has the hash of the content. So a file that is uploaded again is the same upload, whose bytes are not
sent twice, and a damaged copy is refused.
"""

import hashlib
import mimetypes
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final

from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from contract.uploads import Upload, UploadOpen

from .api import Api
from .errors import UserError
from .exit_codes import ExitCode

_TIMEOUT: Final = Timeout(connect=5, read=60)  # of one answer, which follows the last byte
_RETRIES: Final = Retry(3, backoff_factor=1, status_forcelist=(500, 502, 503, 504), allowed_methods=None)
_UNKNOWN_TYPE: Final = "application/octet-stream"


@dataclass(frozen=True, kw_only=True)
class LocalFile:
    """The content of a file, as it was read once."""

    name: str
    content: bytes = field(repr=False)
    sha256: str


def read_file(file: Path) -> LocalFile:
    """Read a file that can be uploaded, or say why it cannot."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise UserError(ExitCode.USAGE, f"there is no file {file}") from None
    except IsADirectoryError:
        raise UserError(ExitCode.USAGE, f"{file} is a folder", "name one of its files") from None
    except OSError as error:
        raise UserError(ExitCode.USAGE, f"{file} cannot be read ({error.strerror})") from None
    if not content:
        raise UserError(ExitCode.USAGE, f"{file} is empty")
    return LocalFile(name=file.name, content=content, sha256=hashlib.sha256(content).hexdigest())


def upload_file(api: Api, file: LocalFile) -> str:
    """Upload a file, unless the object store has it already; return the id of the upload."""
    media_type = mimetypes.guess_type(file.name)[0] or _UNKNOWN_TYPE
    announced = Upload(name=file.name, size=len(file.content), content_type=media_type, sha256=file.sha256)
    answer = api.announce_upload(announced)
    if isinstance(answer, UploadOpen):
        _send(answer, file)
    return answer.upload_id


def _send(upload: UploadOpen, file: LocalFile) -> None:
    with PoolManager(timeout=_TIMEOUT, retries=_RETRIES) as pool:
        try:
            response = pool.request(upload.method, upload.url, body=file.content, headers=upload.headers)
        except (HTTPError, OSError) as error:
            sentence = f"{file.name} could not be uploaded: the object store does not answer"
            raise UserError(ExitCode.UNAVAILABLE, sentence, "run the command again") from error
    # 412: the answer to an attempt before was lost. The object is complete, and its hash was checked then.
    if response.status not in (HTTPStatus.OK, HTTPStatus.PRECONDITION_FAILED):
        sentence = f"{file.name} could not be uploaded: the object store answered {response.status}"
        raise UserError(ExitCode.UNAVAILABLE, sentence, "run the command again, and check this machine's clock")
