"""A long document in parts: what is to be read elsewhere, and what came of it. The pages lie in the object store."""

from typing import Self

from pydantic import Field

from .analysis import Analysis
from .job import JobId, Password, TypeName
from .model import Value
from .names import job_prefix
from .reading import Original, Reference, Text
from .use import Use


class Split(Value):
    """A document with too many unread pages for one step: where the others are, and the numbers of these."""

    pages: int
    carried: Reference
    unread: tuple[int, ...]
    use: Use = Use()
    ahead_usd: float = 0.0  # what recognizing them may cost, in a job that has a limit


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
    page_usd: float | None = None  # what recognizing a page may cost; None if the job has no limit


class Stretch(Value):
    """Batches of one document that are waited for together."""

    job_id: JobId
    original: Original
    batches: tuple[tuple[int, ...], ...]
    until: float
    password: Password | None = Field(default=None, repr=False, exclude_if=lambda it: it is None)
    page_usd: float | None = None

    def each(self) -> list[Batch]:
        """Return what each of them is to do."""
        whole = Batch(
            job_id=self.job_id,
            original=self.original,
            pages=(),
            until=self.until,
            password=self.password,
            page_usd=self.page_usd,
        )
        return [whole.model_copy(update={"pages": pages}) for pages in self.batches]


class Part(Value):
    """Where the text of a batch is, or of batches that were waited for together."""

    reference: Reference
    page_count: int
    use: Use = Use()


class Divided(Value):
    """A text in chunks, which are numbered from 1: where they lie, and how many there are."""

    prefix: str
    count: int


class Short(Value):
    """What an analysis has cost until it came to its limit, and what the next answer may cost."""

    spent_usd: float
    next_usd: float


class Analyzed(Value):
    """What a document says, or how its text is divided into chunks to be read one by one, or what is missing for it."""

    analysis: Analysis | None = None
    divided: Divided | None = None
    short: Short | None = None


class Chunks(Value):
    """Some chunks of a text that follow each other, to be read by the moment that their job has for all its work."""

    job_id: JobId
    type: TypeName
    prefix: str
    first: int = 1
    count: int
    until: float  # seconds since 1970
    most_usd: float | None = None  # what reading each may cost; None if the job has no limit

    def rows(self, size: int) -> list[Self]:
        """Return the same in pieces of so many; the last one may be smaller."""
        last = self.first + self.count
        return [
            self.model_copy(update={"first": first, "count": min(size, last - first)})
            for first in range(self.first, last, size)
        ]


class ChunkRead(Value):
    """Where lies what was found in a chunk, or in chunks that follow each other."""

    reference: Reference


def parts_prefix(job_id: str, original: Original) -> str:
    """Where the parts of one document lie; its hash is in the name, so that no other one's are taken for them."""
    return f"{job_prefix(job_id)}/pages-{original.reference.sha256[:16]}"


def chunks_prefix(job_id: str, digest: str) -> str:
    """Where the chunks of a text lie, and what was found in them; the hash of all of them is in the name."""
    return f"{job_prefix(job_id)}/chunks-{digest[:16]}"


def chunk_key(prefix: str, number: int) -> str:
    """Where a chunk lies."""
    return f"{prefix}/{number:05}.json"
