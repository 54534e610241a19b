"""Check that the rest of a document belongs to the part received before a connection broke.

A download resumes only if the server supports ranges and identifies the version. The request is conditional, so the
server sends a changed document as a whole. That is an error, because the received part belongs to the former version.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from contract.codes import Code
from durable import TemporaryError
from worker.providers.retries import http_date

# Dates have seconds: a document that changed just now may change again within one (RFC 9110, section 8.8.2.2).
_MIN_AGE: Final = timedelta(seconds=60)
_SIZE: Final = r"[0-9]{1,18}"  # Python refuses to read numbers of thousands of digits
_CONTENT_RANGE: Final = re.compile(rf"bytes ({_SIZE})-{_SIZE}/({_SIZE}|\*)")


class ChangedError(TemporaryError):
    """The document changed meanwhile: only a new download helps."""


@dataclass(frozen=True, kw_only=True)
class DocumentVersion:
    """The validator of a document's version, and its size if the server sent one."""

    validator: str
    size: int | None

    def range_headers(self, received: int) -> dict[str, str]:
        """Return the headers that request the rest of this version after the received bytes."""
        return {"Range": f"bytes={received}-", "If-Range": self.validator}

    def check(self, status: int, headers: Mapping[str, str], received: int) -> None:
        """Raise unless the response is the rest."""
        match = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
        is_rest = (
            status == HTTPStatus.PARTIAL_CONTENT
            and match is not None
            and int(match[1]) == received
            and (match[2] == "*" or self.size in (None, int(match[2])))
            and (not self.validator.startswith('"') or headers.get("ETag", self.validator) == self.validator)
        )
        if not is_rest:
            message = "the document changed while it was downloaded"
            raise ChangedError(Code.UNAVAILABLE, message, after=0.0)


def parse_version(headers: Mapping[str, str]) -> DocumentVersion | None:
    """Return the version of a response, if its download can be resumed."""
    if headers.get("Accept-Ranges", "").strip().lower() != "bytes":
        return None
    validator = headers.get("ETag", "")
    if not validator.startswith('"'):  # a weak one does not identify the bytes
        validator = headers.get("Last-Modified", "") if _is_old_enough(headers) else ""
    size = re.fullmatch(_SIZE, headers.get("Content-Length", ""))
    return DocumentVersion(validator=validator, size=int(size[0]) if size else None) if validator else None


def _is_old_enough(headers: Mapping[str, str]) -> bool:
    changed, now = http_date(headers.get("Last-Modified")), http_date(headers.get("Date"))
    return bool(changed and now and now - changed >= _MIN_AGE)
