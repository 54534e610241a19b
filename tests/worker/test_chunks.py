"""The steps of a long text as plain functions: each may run twice, anywhere, and what is concluded is in order."""

import asyncio
from collections.abc import Sequence

import pytest

from contract.codes import Code
from contract.job import DocumentJob
from contract.parts import ChunkRead, Chunks
from contract.result import Analysis, MediaType, Original, Pages, PageText, Reference, Text, TextSource, Usage, Use
from durable.errors import JobError, PermanentError
from worker.analysis.analyzer import Analyzer, Chunkwise, Reading
from worker.analysis.chunks import Chunk, Piece
from worker.analysis.extractive import Extractive
from worker.analysis.llm.claims import Part
from worker.analyzing import rows
from worker.costs.metering import Meter
from worker.steps.chunk import conclude_analysis, read_chunk, split_text
from worker.store import Store

PAGES = tuple(PageText(number=n, text=f"page {n}", source=TextSource.TEXT_LAYER) for n in range(1, 7))
STILL = Meter(now=lambda: 0.0)


class Clerk:
    """Reads a page at a time, and remembers which."""

    def __init__(self, model: str = "some-model", error: Exception | None = None) -> None:
        self.read_of: list[str] = []
        self._model = model
        self._error = error

    async def __call__(self, kind: str, pages: tuple[PageText, ...]) -> Analysis:
        return await self.conclude(kind, [await self.read(kind, chunk) for chunk in self.chunks(kind, pages)])

    def chunks(self, _kind: str, pages: Sequence[PageText]) -> list[Chunk]:
        return [Chunk((Piece(page.number, page.text),)) for page in pages]

    def key(self, _kind: str, chunk: Chunk) -> str:
        return f"{self._model}-{chunk.pieces[0].page}"

    async def read(self, _kind: str, chunk: Chunk) -> Reading:
        self.read_of.append(chunk.pieces[0].text)
        if self._error:
            raise self._error
        usage = Usage(model=self._model, answers=1, input_tokens=100)
        return Reading(parts=(Part(summary=chunk.pieces[0].text),), usage=usage, use=Use(input_tokens=100))

    async def conclude(self, _kind: str, readings: Sequence[Reading]) -> Analysis:
        said = "; ".join(part.summary for reading in readings for part in reading.parts)
        use = sum((reading.use for reading in readings), Use())
        return Analysis(analyzer=self._model, summary=said, use=use)


class Desk:
    """A store with the text of a job."""

    def __init__(self, store: Store, job: DocumentJob) -> None:
        self.store, self.job = store, job
        reference = self.create("text.json", Pages(pages=PAGES).model_dump_json().encode())
        self.text = Text(reference=reference, page_count=len(PAGES))
        self.original = Original(reference=self.create("original.png", b"png"), media_type=MediaType.PNG)

    def create(self, name: str, content: bytes) -> Reference:
        return asyncio.run(self.store.create(f"jobs/{self.job.job_id}/{name}", content))

    def split(self, by: Analyzer) -> tuple[Reference, ...]:
        return asyncio.run(split_text(self.job, self.text, analyzer=by, store=self.store))

    def read(self, chunk: Reference, by: Analyzer) -> ChunkRead:
        chunks = Chunks(job_id=self.job.job_id, type=self.job.type, chunks=(chunk,), until=0.0)
        return asyncio.run(read_chunk(chunks, analyzer=by, store=self.store, meter=STILL))


@pytest.fixture
def desk(store: Store, job: DocumentJob) -> Desk:
    """A store of each kind."""
    return Desk(store, job)


def test_a_text_of_many_chunks_is_split_and_read_and_concluded_in_order(desk: Desk) -> None:
    """Each step twice, with the same outcome."""
    clerk = Clerk()
    chunks = desk.split(clerk)
    assert len(chunks) == 6
    assert desk.split(clerk) == chunks
    assert clerk.read_of == []
    read = {chunk: desk.read(chunk, clerk) for chunk in reversed(chunks)}
    assert {chunk: desk.read(chunk, Clerk(error=RuntimeError("read again"))) for chunk in chunks} == read
    assert clerk.read_of == [page.text for page in reversed(PAGES)]
    for _ in range(2):
        concluding = conclude_analysis(
            desk.job, desk.original, desk.text, [read[chunk] for chunk in chunks],
            analyzer=clerk, store=desk.store, meter=STILL,
        )  # fmt: skip
        analysis = asyncio.run(concluding)
        assert analysis.summary == "; ".join(page.text for page in PAGES)
        assert analysis.use.input_tokens == 600


def test_what_another_model_has_read_is_another_reading(desk: Desk) -> None:
    [chunk, *_] = desk.split(Clerk())
    one, other = desk.read(chunk, Clerk("one")), desk.read(chunk, Clerk("other"))
    assert (one.usage.model, other.usage.model) == ("one", "other")
    assert one.reference != other.reference


def test_a_chunk_that_nobody_can_read_is_enough(desk: Desk) -> None:
    """Chunks that are read later fail as that one did, and cost nothing."""
    first, second, *_ = desk.split(Clerk())
    with pytest.raises(JobError, match="a wrong key"):
        desk.read(first, Clerk(error=PermanentError(Code.ANALYZER_REFUSED, "a wrong key")))
    clerk = Clerk()
    with pytest.raises(JobError, match="a wrong key") as caught:
        desk.read(second, clerk)
    assert (caught.value.code, caught.value.retry) == (Code.ANALYZER_REFUSED, False)
    assert clerk.read_of == []


def test_an_analyzer_that_reads_a_text_as_a_whole_is_given_it_whole(desk: Desk) -> None:
    assert desk.split(Extractive({})) == ()
    assert not isinstance(Extractive({}), Chunkwise)


def test_a_worker_with_another_analyzer_says_so(desk: Desk) -> None:
    [chunk, *_] = desk.split(Clerk())
    with pytest.raises(JobError, match="the analyzer was changed") as caught:
        desk.read(chunk, Extractive({}))
    assert caught.value.code == Code.ANALYZER_REFUSED


@pytest.mark.parametrize("count", [17, 40, 48, 375, 1_000])
def test_rows_have_every_chunk_once_in_order_and_are_sixteen_at_most(count: int) -> None:
    chunks = tuple(Reference(key=f"{number}", size=1, sha256="0") for number in range(count))
    found = rows(Chunks(job_id="a", type="report", chunks=chunks, until=0.0))
    assert tuple(one for row in found for one in row.chunks) == chunks
    assert len(found) <= 16
    assert {(row.job_id, row.type, row.until) for row in found} == {("a", "report", 0.0)}
