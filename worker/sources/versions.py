"""Whether the rest of a document still belongs to what came before a connection broke off.

Only a server that offers ranges, and says which version it serves, can be asked for the rest. The condition goes with
the question, so a document that has changed comes whole, which is then an error: its beginning is of another one.
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

# A document may change twice in the second that a date has; then the date says nothing (RFC 9110, section 8.8.2.2).
_SETTLED: Final = timedelta(seconds=60)
_RANGE: Final = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class ChangedError(TemporaryError):
    """The rest would be that of another document: only all of it helps."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """What tells that the document is still the same, and its size if the server told."""

    mark: str
    size: int | None

    def rest(self, got: int) -> dict[str, str]:
        """Return the headers that ask for what follows so many bytes, of this version only."""
        return {"Range": f"bytes={got}-", "If-Range": self.mark}

    def check(self, status: int, headers: Mapping[str, str], got: int) -> None:
        """Raise unless the answer is the rest."""
        found = _RANGE.fullmatch(headers.get("Content-Range", ""))
        is_rest = (
            status == HTTPStatus.PARTIAL_CONTENT
            and found is not None
            and int(found[1]) == got
            and (found[2] == "*" or self.size in (None, int(found[2])))
            and (not self.mark.startswith('"') or headers.get("ETag", self.mark) == self.mark)
        )
        if not is_rest:
            message = "the document is not what it was when its beginning came"
            raise ChangedError(Code.UNAVAILABLE, message, after=0.0)


def version_of(headers: Mapping[str, str]) -> Version | None:
    """Return the version that an answer has, if its rest can be asked for."""
    if headers.get("Accept-Ranges", "").strip().lower() != "bytes":
        return None
    mark = headers.get("ETag", "")
    if not mark.startswith('"'):  # a weak one only says that the document means the same
        mark = headers.get("Last-Modified", "") if _is_settled(headers) else ""
    size = headers.get("Content-Length", "")
    return Version(mark=mark, size=int(size) if size.isdigit() else None) if mark else None


def _is_settled(headers: Mapping[str, str]) -> bool:
    changed, now = http_date(headers.get("Last-Modified")), http_date(headers.get("Date"))
    return bool(changed and now and now - changed >= _SETTLED)
