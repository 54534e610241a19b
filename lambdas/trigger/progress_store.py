"""Reads the progress of jobs from the object store.

The store's library is imported at the first read, so a container that only accepts jobs starts faster.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from contract.progress import parse_batch_key, parse_progress_key, progress_prefix

if TYPE_CHECKING:
    from obstore.store import ObjectStore


class ProgressError(Exception):
    """The object store did not answer, or refused."""


@dataclass(frozen=True)
class StoredProgress:
    """The newest delivery's progress as JSON, and how many pages all workers have read in batches."""

    delivery: bytes
    batch_pages: int = 0


def count_batch_pages(keys: Iterable[str]) -> int:
    """Return how many pages all workers have read in batches."""
    return sum(parse_batch_key(key) or 0 for key in keys)


@contextmanager
def _store_errors() -> Iterator[None]:
    from obstore.exceptions import BaseError  # noqa: PLC0415 - see above

    try:
        yield
    except (BaseError, OSError) as error:
        raise ProgressError(str(error)) from error


class ProgressStore:
    """The objects that workers write for each job."""

    def __init__(self, url: str) -> None:
        self._url: Final = url

    def latest(self, job_id: str) -> StoredProgress | None:
        """Read the progress that the newest delivery wrote; its key has the highest fence."""
        keys = self.list_keys(job_id)
        deliveries = [key for key in keys if parse_progress_key(key) is not None]
        if not deliveries:
            return None
        return StoredProgress(delivery=self.read(max(deliveries)), batch_pages=count_batch_pages(keys))

    def list_keys(self, job_id: str) -> list[str]:
        """List all that workers wrote about a job's progress."""
        import obstore  # noqa: PLC0415 - see above

        with _store_errors():
            pages = obstore.list(self._objects, progress_prefix(job_id))
            return [item["path"] for page in pages for item in page]

    def read(self, key: str) -> bytes:
        """Read one of them."""
        import obstore  # noqa: PLC0415 - see above

        with _store_errors():
            return bytes(obstore.get(self._objects, key).bytes())

    @cached_property
    def _objects(self) -> "ObjectStore":
        from .object_store import open_objects  # noqa: PLC0415 - see above

        return open_objects(self._url)
