"""A long document in parts: what is to be read elsewhere, and what came of it. The pages lie in the object store."""

from typing import Self

from pydantic import Field

from .job import JobId, Password, TypeName
from .model import Value
from .names import job_prefix
from .result import Analysis, Original, Reference, Text, Usage, Use


class Split(Value):
    """A document with too many unread pages for one step: where the others are, and the numbers of these."""

    pages: int
    carried: Reference
    unread: tuple[int, ...]
    use: Use = Use()
    ahead_usd: float = 0.0  # what recognizing them may cost, in a job that has a limit
    as_a_whole: bool = False  # whoever recognizes them is to fetch the document and read all of it


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


class Analyzed(Value):
    """What a document says, or where the chunks of its text lie that are to be read one by one."""

    analysis: Analysis | None = None
    chunks: tuple[Reference, ...] = ()


class Chunks(Value):
    """Chunks of a text, to be read by the moment that their job has for all its work."""

    job_id: JobId
    type: TypeName
    chunks: tuple[Reference, ...]
    until: float  # seconds since 1970

    def of(self, *chunks: Reference) -> Self:
        """Return the same for these chunks."""
        return self.model_copy(update={"chunks": chunks})

    def each(self) -> list[Self]:
        """Return the same for each of them."""
        return [self.of(one) for one in self.chunks]


class ChunkRead(Value):
    """Where lies what was found in a chunk, and what the model was used for."""

    reference: Reference
    usage: Usage
    use: Use = Use()


def parts_prefix(job_id: str, original: Original) -> str:
    """Where the parts of one document lie; its hash is in the name, so that no other one's are taken for them."""
    return f"{job_prefix(job_id)}/pages-{original.reference.sha256[:16]}"


def chunks_prefix(job_id: str, text: Reference) -> str:
    """Where the chunks of one text lie, and what was found in them."""
    return f"{job_prefix(job_id)}/chunks-{text.sha256[:16]}"
