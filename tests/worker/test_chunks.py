"""The steps of a long text as plain functions: each may run twice, anywhere, and what is concluded is in order."""

import asyncio
from collections.abc import Sequence

import pytest
from pydantic_core import to_json

from contract.analysis import Analysis
from contract.codes import Code
from contract.job import DocumentJob
from contract.parts import Analyzed, ChunkIndex, Chunks, ChunksRead, chunks_prefix
from contract.reading import MediaType, Original, Pages, PageText, Reference, Text, TextSource
from contract.use import Usage, Use
from durable import MAX_PAUSE_SECONDS, MAX_RESULT_BYTES, JobError, PermanentError, TemporaryError
from tests.worker.fake_ports import make_ports, run_step
from worker.adapters.object_store import Store
from worker.analysis.analyzer import Analyzer, ChunkedAnalyzer, ChunkReading
from worker.analysis.chunks import Chunk, Piece
from worker.analysis.extractive import Extractive
from worker.analysis.llm.claims import ChunkClaims
from worker.costs.ledger import BudgetError
from worker.steps.analysis import AnalysisSteps
from worker.workflows.analysis import request_chunks

PAGES = tuple(PageText(number=n, text=f"page {n}", source=TextSource.TEXT_LAYER) for n in range(1, 7))


class PageAnalyzer:
    """Reads a page at a time, and remembers which."""

    def __init__(
        self, model: str = "some-model", error: Exception | None = None, pages: Sequence[PageText] = ()
    ) -> None:
        """`pages` are divided whatever the text is."""
        self.read_of: list[str] = []
        self._pages = pages
        self._model = model
        self._error = error

    async def __call__(self, kind: str, pages: tuple[PageText, ...]) -> Analysis:
        return await self.conclude(kind, [await self.read(kind, chunk) for chunk in self.chunks(kind, pages)])

    def prompt_tokens(self) -> dict[str, int]:
        return {}

    def chunks(self, _kind: str, pages: Sequence[PageText]) -> list[Chunk]:
        return [Chunk((Piece(page.number, page.text),)) for page in self._pages or pages]

    def key(self, _kind: str, chunk: Chunk) -> str:
        return f"{self._model}-{chunk.pieces[0].page}"

    async def read(self, _kind: str, chunk: Chunk) -> ChunkReading:
        self.read_of.append(chunk.pieces[0].text)
        if self._error:
            raise self._error
        usage = Usage(model=self._model, answers=1, input_tokens=100)
        return ChunkReading(parts=(ChunkClaims(summary=chunk.pieces[0].text),), usage=usage, use=Use(input_tokens=100))

    async def conclude(self, _kind: str, readings: Sequence[ChunkReading]) -> Analysis:
        said = "; ".join(part.summary for reading in readings for part in reading.parts)
        use = sum((reading.use for reading in readings), Use())
        answers = sum(reading.usage.answers for reading in readings)
        tokens = sum(reading.usage.input_tokens for reading in readings)
        usage = Usage(model=self._model, answers=answers, input_tokens=tokens)
        return Analysis(analyzer=self._model, summary=said, use=use, usage=usage)


class StoredText:
    """A store with the text of a job."""

    def __init__(self, store: Store, job: DocumentJob) -> None:
        self.store, self.job = store, job
        reference = self.create("text.json", Pages(pages=PAGES).model_dump_json().encode())
        self.text = Text(reference=reference, page_count=len(PAGES))
        self.original = Original(reference=self.create("original.png", b"png"), media_type=MediaType.PNG)

    def create(self, name: str, content: bytes) -> Reference:
        return asyncio.run(self.store.create(f"jobs/{self.job.job_id}/{name}", content))

    def split(self, by: Analyzer) -> list[Chunks]:
        """Return what is to be read, one by one."""
        found = run_step(self.steps(by).analyze, self.job, self.original, self.text).found
        return request_chunks(self.job, found, 0.0, None).split(1) if isinstance(found, ChunkIndex) else []

    def steps(self, by: Analyzer) -> AnalysisSteps:
        """Return the steps of a worker with this analyzer."""
        return AnalysisSteps(make_ports(self.store, analyzer=by))

    def read(self, chunk: Chunks, by: Analyzer) -> ChunksRead:
        return run_step(self.steps(by).read_chunk, chunk)

    def gather(self, row: Chunks, read: list[ChunksRead]) -> ChunksRead:
        return run_step(self.steps(PageAnalyzer()).gather_chunks, row, tuple(read))

    def conclude(self, read: list[ChunksRead], by: Analyzer) -> Analysis:
        return run_step(self.steps(by).conclude, self.job, self.original, self.text, tuple(read), None)


@pytest.fixture
def stored(store: Store, job: DocumentJob) -> StoredText:
    """A store of each kind."""
    return StoredText(store, job)


def test_a_text_of_many_chunks_is_split_and_read_and_concluded_in_order(stored: StoredText) -> None:
    """Each step twice, with the same outcome."""
    analyzer = PageAnalyzer()
    chunks = stored.split(analyzer)
    assert len(chunks) == 6
    assert stored.split(analyzer) == chunks
    assert analyzer.read_of == []
    read = {chunk.first: stored.read(chunk, analyzer) for chunk in reversed(chunks)}
    assert {chunk.first: stored.read(chunk, PageAnalyzer(error=RuntimeError("read again"))) for chunk in chunks} == read
    assert analyzer.read_of == [page.text for page in reversed(PAGES)]
    for _ in range(2):
        analysis = stored.conclude([read[chunk.first] for chunk in chunks], analyzer)
        assert analysis.summary == "; ".join(page.text for page in PAGES)
        assert analysis.use.input_tokens == 600


def test_chunks_that_are_the_same_are_paid_for_once(stored: StoredText) -> None:
    """They share a reading; each has its place in what is concluded, and only the first its use."""
    analyzer = PageAnalyzer()
    chunks = stored.split(analyzer)
    read = [stored.read(chunk, analyzer) for chunk in (chunks[0], chunks[1], chunks[0], chunks[0])]
    in_rows = [stored.gather(chunks[0], read[:3]), stored.gather(chunks[0], read[3:])]
    for found in (read, in_rows):
        analysis = stored.conclude(found, analyzer)
        assert analysis.summary == "page 1; page 2; page 1; page 1"
        assert analysis.use.input_tokens == 200
        assert analysis.usage == Usage(model="some-model", answers=2, input_tokens=200)


def test_a_row_is_told_of_as_one_and_concluded_as_what_is_in_it(stored: StoredText) -> None:
    """Twice, with the same outcome; readings of another model are another row."""
    analyzer = PageAnalyzer()
    chunks = stored.split(analyzer)
    read = [stored.read(chunk, analyzer) for chunk in chunks]
    row = stored.gather(chunks[0], read[:4])
    assert stored.gather(chunks[0], read[:4]) == row
    analysis = stored.conclude([row, *read[4:]], analyzer)
    assert analysis == stored.conclude(read, analyzer)
    other = PageAnalyzer("other")
    assert (
        stored.gather(chunks[0], [stored.read(chunk, other) for chunk in chunks[:4]]).reference.key != row.reference.key
    )


def test_a_text_that_is_divided_otherwise_is_another_one(stored: StoredText) -> None:
    """A worker died after it had written some chunks, and the next release divides in another way."""
    first, second, *_ = stored.split(PageAnalyzer())
    [again, *_] = stored.split(PageAnalyzer(pages=(PAGES[1], *PAGES[1:])))
    analyzer = PageAnalyzer()
    for chunk in (first, second, again):
        stored.read(chunk, analyzer)
    assert analyzer.read_of == ["page 1", "page 2", "page 2"]


def test_what_another_model_has_read_is_another_reading(stored: StoredText) -> None:
    [chunk, *_] = stored.split(PageAnalyzer())
    one, other = stored.read(chunk, PageAnalyzer("one")), stored.read(chunk, PageAnalyzer("other"))
    assert one.reference.key != other.reference.key
    usage = stored.conclude([stored.read(chunk, PageAnalyzer("other"))], PageAnalyzer()).usage
    assert usage
    assert usage.answers == 1


def test_a_chunk_that_nobody_can_read_is_enough(stored: StoredText) -> None:
    """Chunks that are read later fail as that one did, and cost nothing."""
    first, second, *_ = stored.split(PageAnalyzer())
    with pytest.raises(JobError, match="a wrong key"):
        stored.read(first, PageAnalyzer(error=PermanentError(Code.ANALYZER_REFUSED, "a wrong key")))
    analyzer = PageAnalyzer()
    with pytest.raises(JobError, match="a wrong key") as caught:
        stored.read(second, analyzer)
    assert (caught.value.code, caught.value.retry) == (Code.ANALYZER_REFUSED, False)
    assert analyzer.read_of == []


def test_a_chunk_that_begins_after_another_met_its_share_asks_nobody(stored: StoredText) -> None:
    """Whoever goes on for all of them is about to ask what is left. What was read stays read."""
    first, second, third, *_ = stored.split(PageAnalyzer())
    read = stored.read(first, PageAnalyzer())
    with pytest.raises(PermanentError, match="less is left"):
        stored.read(second, PageAnalyzer(error=BudgetError(1.0)))
    analyzer = PageAnalyzer()
    with pytest.raises(PermanentError, match="less is left") as caught:
        stored.read(third, analyzer)
    assert caught.value.code == Code.COST_LIMIT
    assert stored.read(first, analyzer) == read
    assert analyzer.read_of == []


def test_an_analyzer_that_reads_a_text_as_a_whole_is_given_it_whole(stored: StoredText) -> None:
    assert stored.split(Extractive({})) == []
    assert not isinstance(Extractive({}), ChunkedAnalyzer)


def test_a_worker_with_another_analyzer_leaves_a_chunk_to_others_for_a_while(stored: StoredText) -> None:
    """Not to itself: in memory nothing would change. It costs nothing, and those who can read it find it unspoilt."""
    [chunk, *_] = stored.split(PageAnalyzer())
    read = stored.read(chunk, PageAnalyzer())
    for step in (lambda: stored.read(chunk, Extractive({})), lambda: stored.conclude([read], Extractive({}))):
        with pytest.raises(TemporaryError, match="the analyzer was replaced") as caught:
            step()
        assert caught.value.code == Code.ANALYZER_REFUSED
        assert caught.value.after
        assert caught.value.after > MAX_PAUSE_SECONDS
        assert caught.value.tries == 5
    assert stored.read(chunk, PageAnalyzer()) == read


def test_a_chunk_that_is_not_there_any_more_is_named(stored: StoredText) -> None:
    [chunk, *_] = stored.split(PageAnalyzer())
    gone = chunk.model_copy(update={"first": 7})
    with pytest.raises(PermanentError, match=r"00007\.json is not in the store any more"):
        stored.read(gone, PageAnalyzer())


@pytest.mark.parametrize(("count", "size"), [(1, 1), (17, 6), (40, 16)])
def test_a_request_is_split_into_every_chunk_once_in_order(count: int, size: int) -> None:
    whole = Chunks(job_id="a", type="report", prefix="p", count=count, until=0.0)
    each = [one for some in whole.split(size) for one in some.split(1)]
    assert [(one.first, one.count) for one in each] == [(number, 1) for number in range(1, count + 1)]
    assert {(one.job_id, one.type, one.prefix, one.until) for one in each} == {("a", "report", "p", 0.0)}


def test_no_checkpoint_of_two_thousand_chunks_is_large() -> None:
    """Of what there is to read, of a row while it is read, of what each of them gives: a third of what may be."""
    job = DocumentJob(job_id="j" * 128, document_url="https://example.com/a.pdf", requester_id="client")
    index = ChunkIndex(prefix=chunks_prefix(job.job_id, "0" * 64), count=2_000)
    asked = request_chunks(job, index, 1_800_000_000.123, None).split(125)
    place = Reference(key=f"{index.prefix}/read-{'0' * 64}.json", size=1_000_000, sha256="0" * 64)
    read = [ChunksRead(reference=place)]
    for checkpoint in (Analyzed(found=index), asked, read * asked[0].count, read * len(asked)):
        assert len(to_json(checkpoint)) < MAX_RESULT_BYTES / 3
