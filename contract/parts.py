"""Values between the steps of a long document: requests for pages and chunks, and references to their results."""

from itertools import batched
from typing import Literal, Self

from pydantic import Field

from .analysis import Analysis
from .model import JobId, Password, TypeName, Value
from .object_keys import job_prefix
from .reading import Original, Reference, Text
from .usage import Usage


class UnreadPages(Value):
    """A document with too many unread pages for one step: their numbers, and the stored text of the other pages."""

    kind: Literal["unread_pages"] = "unread_pages"
    pages: int
    text_pages: Reference
    unread: tuple[int, ...]
    usage: Usage = Usage()
    next_usd: float = 0.0  # what their OCR may cost, if the job has a limit


class Extracted(Value):
    """The result of the extract step: the text of the whole document, or the pages that are left to read."""

    value: Text | UnreadPages = Field(discriminator="kind")


class Batches(Value):
    """A request to read batches of pages of one document; one task reads each batch."""

    job_id: JobId
    original: Original
    batches: tuple[tuple[int, ...], ...]
    until: float  # the deadline of the job's work, in seconds since 1970
    password: Password | None = Field(default=None, repr=False, exclude_if=lambda it: it is None)
    page_usd: float | None = None  # what OCR of a page may cost; None if the job has no limit
    earlier_jobs: tuple[JobId, ...] = Field(default=(), exclude_if=lambda it: not it)  # as in the job

    @property
    def size(self) -> int:
        """The number of batches."""
        return len(self.batches)

    def split(self, size: int) -> list[Self]:
        """Return requests for `size` batches each; the last one may have fewer."""
        return [self.model_copy(update={"batches": some}) for some in batched(self.batches, size, strict=False)]


class PagesRead(Value):
    """Where the text of a batch of pages is stored, or of several batches."""

    reference: Reference
    page_count: int
    usage: Usage = Usage()


class ChunkIndex(Value):
    """Where the chunks of a text are stored, numbered from 1, and how many there are."""

    kind: Literal["chunk_index"] = "chunk_index"
    prefix: str
    count: int


class BudgetExceeded(Value):
    """The cost of an analysis that reached its limit, and the possible cost of the next answer."""

    kind: Literal["budget_exceeded"] = "budget_exceeded"
    spent_usd: float
    next_usd: float


class AnalyzedWhole(Value):
    """The result of analyzing a whole text: the analysis, or that its budget is too small."""

    value: Analysis | BudgetExceeded = Field(discriminator="kind")


class Analyzed(Value):
    """The result of the analyze step: the analysis, chunks to analyze as tasks, or that its budget is too small."""

    value: Analysis | ChunkIndex | BudgetExceeded = Field(discriminator="kind")


class Chunks(Value):
    """A request to read consecutive chunks of a text."""

    job_id: JobId
    type: TypeName
    prefix: str
    first: int = 1
    count: int
    until: float  # the deadline of the job's work, in seconds since 1970
    max_usd: float | None = None  # what each chunk may cost; None if the job has no limit

    @property
    def size(self) -> int:
        """The number of chunks."""
        return self.count

    def split(self, size: int) -> list[Self]:
        """Return requests for `size` chunks each; the last one may have fewer."""
        last = self.first + self.count
        return [
            self.model_copy(update={"first": first, "count": min(size, last - first)})
            for first in range(self.first, last, size)
        ]


class ChunksRead(Value):
    """Where the findings of a chunk are stored, or of several chunks."""

    reference: Reference


def parts_prefix(job_id: str, original: Original) -> str:
    """Return where the parts of a document are stored; the prefix has its hash, so documents never mix."""
    return f"{job_prefix(job_id)}/pages-{original.reference.sha256[:16]}"


def chunks_prefix(job_id: str, digest: str) -> str:
    """Return where the chunks of a text and their findings are stored, by the hash of all chunks."""
    return f"{job_prefix(job_id)}/chunks-{digest[:16]}"


def chunk_key(prefix: str, number: int) -> str:
    """Return where a chunk is stored."""
    return f"{prefix}/{number:05}.json"
