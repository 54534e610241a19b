"""Derives a readable job id from a request that has none; the same request always gets the same id.

A file submitted twice is therefore one job, as any repeated request is. `again` derives a new id.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

_MAX_NAME_CHARACTERS: Final = 64  # an id may have 128
_DIGEST_DIGITS: Final = 12  # 48 bits: 200,000 requests of one name collide with a probability of 1 in 10,000
_DEFAULT_NAME: Final = "document"


def derive_job_id(  # noqa: PLR0913 - the fields of a request
    url: str, kind: str, requester: str, *, name: str | None = None, again: bool = False, extras: Sequence[str] = ()
) -> str:
    """Return the id. `name` is the document's file name; without it the name in the url is used.

    `extras` distinguish requests further. They contain no secret: an id is public and a short secret could be guessed
    from its digest.
    """
    name = name or unquote(PurePosixPath(urlsplit(url).path).name)
    stem = name.rpartition(".")[0] or name
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-")[:_MAX_NAME_CHARACTERS] or _DEFAULT_NAME
    request = "\n".join((url, kind, requester, os.urandom(16).hex() if again else "", *extras))
    return f"{readable}-{hashlib.sha256(request.encode()).hexdigest()[:_DIGEST_DIGITS]}"
