"""Where the journals lie. Imported when the first of them is read: a container that only accepts jobs never pays."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from contract.progress import parse_batch_key, progress_prefix

from .progress import Latest, MarksError

SECONDS: Final = timedelta(seconds=2)  # that S3 has, with one retry


class StoredMarks:
    """The marks in the object store."""

    def __init__(self, url: str) -> None:
        # A hint must not take the answer down with it: the library would retry for minutes.
        with _in_our_words():
            if url.startswith("s3:"):
                self._store = from_url(
                    url,
                    # AWS's own addresses say https; whoever gave another one meant what it says.
                    client_options={"connect_timeout": SECONDS / 2, "timeout": SECONDS, "allow_http": True},
                    retry_config={"max_retries": 1, "retry_timeout": SECONDS},
                )
            else:
                self._store = from_url(url, mkdir=True)

    def latest(self, job_id: str) -> Latest | None:
        """Read the one with the highest fence: names in the order of fences are in the order of time."""
        with _in_our_words():
            found = [item["path"] for page in obstore.list(self._store, progress_prefix(job_id)) for item in page]
            noted = {path: parse_batch_key(path) for path in found}
            marks = [path for path, pages in noted.items() if pages is None]
            if not marks:
                return None
            content = bytes(obstore.get(self._store, max(marks)).bytes())
            return Latest(mark=content, batches=sum(pages or 0 for pages in noted.values()))


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        raise MarksError(str(error)) from error
