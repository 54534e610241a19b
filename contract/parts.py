"""A long document in parts: what is to be read elsewhere, and what came of it. The pages lie in the object store."""

from pydantic import Field

from .job import JobId, Password
from .model import Value
from .names import job_prefix
from .result import Original, Reference, Text, Use


class Split(Value):
    """A document with too many unread pages for one step: where the others are, and the numbers of these."""

    pages: int
    carried: Reference
    unread: tuple[int, ...]
    use: Use = Use()


class Extracted(Value):
    """The text of a whole document, or how it is split."""

    text: Text | None = None
    split: Split | None = None


class Batch(Value):
    """Pages of a document that are read in one go, by the moment that its job has for all its work."""

    job_id: JobId
    original: Original
    pages: tuple[int, ...]
    until: float  # seconds since 1970
    password: Password | None = Field(default=None, repr=False, exclude_if=lambda it: it is None)


class Stretch(Value):
    """Batches of one document that are waited for together."""

    job_id: JobId
    original: Original
    batches: tuple[tuple[int, ...], ...]
    until: float
    password: Password | None = Field(default=None, repr=False, exclude_if=lambda it: it is None)

    def each(self) -> list[Batch]:
        """Return what each of them is to do."""
        return [
            Batch(job_id=self.job_id, original=self.original, pages=pages, until=self.until, password=self.password)
            for pages in self.batches
        ]


class Part(Value):
    """Where the text of a batch is."""

    reference: Reference
    page_count: int
    use: Use = Use()


def parts_prefix(job_id: str, original: Original) -> str:
    """Where the parts of one document lie; its hash is in the name, so that no other one's are taken for them."""
    return f"{job_prefix(job_id)}/pages-{original.reference.sha256[:16]}"
