"""Reads the progress of jobs from the object store.

The store's library is imported at the first read, so a container that only accepts jobs starts faster.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from contract.progress import parse_batch_key, progress_prefix

if TYPE_CHECKING:
    from obstore.store import ObjectStore


class ProgressError(Exception):
    """The object store did not answer, or refused."""


@dataclass(frozen=True)
class StoredProgress:
    """The newest delivery's progress as JSON, and how many pages all workers have read in batches."""

    delivery: bytes
    batch_pages: int = 0


class ProgressStore:
    """The objects that workers write for each job."""

    def __init__(self, url: str) -> None:
        self._url: Final = url

    def latest(self, job_id: str) -> StoredProgress | None:
        """Read the progress that the newest delivery wrote; its key has the highest fence."""
        import obstore  # noqa: PLC0415 - see above
        from obstore.exceptions import BaseError  # noqa: PLC0415 - see above

        try:
            pages = obstore.list(self._objects, progress_prefix(job_id))
            batches = {item["path"]: parse_batch_key(item["path"]) for page in pages for item in page}
            deliveries = [key for key, count in batches.items() if count is None]
            if not deliveries:
                return None
            content = bytes(obstore.get(self._objects, max(deliveries)).bytes())
        except (BaseError, OSError) as error:
            raise ProgressError(str(error)) from error
        return StoredProgress(delivery=content, batch_pages=sum(count or 0 for count in batches.values()))

    @cached_property
    def _objects(self) -> "ObjectStore":
        from .object_store import open_objects  # noqa: PLC0415 - see above

        return open_objects(self._url)
