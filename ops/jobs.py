"""Names a job that its sender did not name: readable, and the same for the same request.

So a file that is sent twice is one job, as with every request that is repeated. `again` makes it another one.
"""

import hashlib
import os
import re
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from contract.job import DocumentType

_LONGEST: Final = 64  # characters of a document's name; an id has 128
_DIGITS: Final = 12  # 48 bits: one chance in 10,000 that any two of 200,000 requests of one name meet
_NO_NAME: Final = "document"


def job_id_of(url: str, kind: DocumentType, requester: str, *, name: str | None = None, again: bool = False) -> str:
    """Return an id for this request; `name` is the document's, else it is taken from the url."""
    name = name or unquote(PurePosixPath(urlsplit(url).path).name)
    stem = name.rpartition(".")[0] or name
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-")[:_LONGEST] or _NO_NAME
    asked = "\n".join((url, kind, requester, os.urandom(16).hex() if again else ""))
    return f"{readable}-{hashlib.sha256(asked.encode()).hexdigest()[:_DIGITS]}"
