"""Cursors of lists, opaque to clients. A cursor is valid for the filters and the requester that it was made for.

A cursor grants nothing: it only says where a list continues. So it needs no signature.
"""

import base64
from collections.abc import Mapping
from hashlib import sha256
from json import dumps
from typing import Annotated, Final

from msgspec import Meta

from contract.api_value import ApiValue
from contract.keeper import Position

from .errors import bad_request

_VERSION: Final = 1
_MAX_CHARACTERS: Final = 1_000
_DIGEST_CHARACTERS: Final = 16
_MAX_INTEGER: Final = 2**63 - 1


class _Cursor(ApiValue, frozen=True, array_like=True, forbid_unknown_fields=True):
    version: Annotated[int, Meta(ge=_VERSION, le=_VERSION)]
    filters: str
    created_at: Annotated[int, Meta(ge=-_MAX_INTEGER, le=_MAX_INTEGER)]
    id: Annotated[str, Meta(min_length=1, pattern=r"^[^\x00-\x1f\x7f\ud800-\udfff]+\Z")]


def write_cursor(position: Position | None, filters: Mapping[str, object]) -> str | None:
    """Return the cursor for the page after a position; None if there is none."""
    if position is None:
        return None
    cursor = _Cursor(version=_VERSION, filters=_digest(filters), created_at=position.created_at, id=position.id)
    return base64.urlsafe_b64encode(cursor.to_json()).decode().rstrip("=")


def read_cursor(text: str | None, filters: Mapping[str, object]) -> Position | None:
    """Return the position in a cursor. A cursor of another list is refused."""
    if text is None:
        return None
    try:
        padded = text[:_MAX_CHARACTERS].encode("ascii") + b"=" * (-len(text) % 4)  # a longer one is cut, and invalid
        cursor = _Cursor.from_json(base64.b64decode(padded, altchars=b"-_", validate=True))
    except ValueError as error:
        raise bad_request("cursor is none of this API: send the one of the page before, or none") from error
    if cursor.filters != _digest(filters):
        raise bad_request("cursor belongs to other filters: send it with the filters of the page before")
    return Position(created_at=cursor.created_at, id=cursor.id)


def _digest(filters: Mapping[str, object]) -> str:
    text = dumps({name: value for name, value in filters.items() if value is not None}, sort_keys=True)
    return sha256(text.encode()).hexdigest()[:_DIGEST_CHARACTERS]
