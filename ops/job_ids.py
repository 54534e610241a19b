"""Names a job that its sender did not name: readable, and the same for the same request.

So a file that is sent twice is one job, as with every request that is repeated. `again` makes it another one.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

_LONGEST: Final = 64  # characters of a document's name; an id has 128
_DIGITS: Final = 12  # 48 bits: one chance in 10,000 that any two of 200,000 requests of one name meet
_NO_NAME: Final = "document"


def derive_job_id(  # noqa: PLR0913 - what a request is made of
    url: str, kind: str, requester: str, *, name: str | None = None, again: bool = False, beside: Sequence[str] = ()
) -> str:
    """Return an id for this request; `name` is the document's, else it is taken from the url.

    `beside` is what else tells it from others, and no secret: an id is shown, and a short secret could be found by it.
    """
    name = name or unquote(PurePosixPath(urlsplit(url).path).name)
    stem = name.rpartition(".")[0] or name
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-")[:_LONGEST] or _NO_NAME
    asked = "\n".join((url, kind, requester, os.urandom(16).hex() if again else "", *beside))
    return f"{readable}-{hashlib.sha256(asked.encode()).hexdigest()[:_DIGITS]}"
