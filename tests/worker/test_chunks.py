"""The steps of a long text as plain functions: each may run twice on any worker, and chunks are concluded in order."""

import asyncio
from collections.abc import Sequence

import pytest
from pydantic_core import to_json

from contract.analysis import Analysis
from contract.codes import Code
from contract.job import DocumentJob
from contract.parts import Analyzed, ChunkIndex, Chunks, ChunksRead, chunks_prefix
from contract.reading import MediaType, Original, Pages, PageText, Reference, Text, TextSource
from contract.usage import ModelAnswers, Usage
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
    """Reads each page as a chunk, and records the texts that it read."""

    def __init__(
        self, model: str = "some-model", error: Exception | None = None, pages: Sequence[PageText] = ()
    ) -> None:
        """With `pages`, split those instead of the pages of the text."""
        self.texts_read: list[str] = []
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
        self.texts_read.append(chunk.pieces[0].text)
        if self._error:
            raise self._error
        model_answers = ModelAnswers(model=self._model, count=1, input_tokens=100)
        return ChunkReading(
            parts=(ChunkClaims(summary=chunk.pieces[0].text),),
            model_answers=model_answers,
            usage=Usage(input_tokens=100),
        )

    async def conclude(self, _kind: str, readings: Sequence[ChunkReading]) -> Analysis:
        summary = "; ".join(part.summary for reading in readings for part in reading.parts)
        usage = sum((reading.usage for reading in readings), Usage())
        answers = sum(reading.model_answers.count for reading in readings)
        tokens = sum(reading.model_answers.input_tokens for reading in readings)
        model_answers = ModelAnswers(model=self._model, count=answers, input_tokens=tokens)
        return Analysis(analyzer=self._model, summary=summary, usage=usage, model_answers=model_answers)


class StoredText:
    """The text of a job in a store, and the steps that analyze it."""

    def __init__(self, store: Store, job: DocumentJob) -> None:
        self.store, self.job = store, job
        reference = self.create("text.json", Pages(pages=PAGES).model_dump_json().encode())
        self.text = Text(reference=reference, page_count=len(PAGES))
        self.original = Original(reference=self.create("original.png", b"png"), media_type=MediaType.PNG)

    def create(self, name: str, content: bytes) -> Reference:
        return asyncio.run(self.store.create(f"jobs/{self.job.job_id}/{name}", content))

    def split(self, analyzer: Analyzer) -> list[Chunks]:
        """Return the chunks of the text as separate requests."""
        found = run_step(self.make_steps(analyzer).analyze, self.job, self.original, self.text).value
        return request_chunks(self.job, found, 0.0, None).split(1) if isinstance(found, ChunkIndex) else []

    def make_steps(self, analyzer: Analyzer) -> AnalysisSteps:
        """Return the analysis steps of a worker with this analyzer."""
        return AnalysisSteps(make_ports(self.store, analyzer=analyzer))

    def read(self, chunk: Chunks, analyzer: Analyzer) -> ChunksRead:
        return run_step(self.make_steps(analyzer).read_chunk, chunk)

    def gather(self, group: Chunks, read: list[ChunksRead]) -> ChunksRead:
        return run_step(self.make_steps(PageAnalyzer()).gather_chunks, group, tuple(read))

    def conclude(self, read: list[ChunksRead], analyzer: Analyzer) -> Analysis:
        return run_step(self.make_steps(analyzer).conclude, self.job, self.original, self.text, tuple(read), None)


@pytest.fixture
def stored(store: Store, job: DocumentJob) -> StoredText:
    """The text of a job in a store of each kind."""
    return StoredText(store, job)


def test_a_text_of_many_chunks_is_split_and_read_and_concluded_in_order(stored: StoredText) -> None:
    """Each step runs twice with the same outcome."""
    analyzer = PageAnalyzer()
    chunks = stored.split(analyzer)
    assert len(chunks) == 6
    assert stored.split(analyzer) == chunks
    assert analyzer.texts_read == []
    read = {chunk.first: stored.read(chunk, analyzer) for chunk in reversed(chunks)}
    assert {chunk.first: stored.read(chunk, PageAnalyzer(error=RuntimeError("read again"))) for chunk in chunks} == read
    assert analyzer.texts_read == [page.text for page in reversed(PAGES)]
    for _ in range(2):
        analysis = stored.conclude([read[chunk.first] for chunk in chunks], analyzer)
        assert analysis.summary == "; ".join(page.text for page in PAGES)
        assert analysis.usage.input_tokens == 600


def test_equal_chunks_are_paid_for_once(stored: StoredText) -> None:
    """Equal chunks share a reading. The analysis includes each of them, and counts the usage of the first only."""
    analyzer = PageAnalyzer()
    chunks = stored.split(analyzer)
    read = [stored.read(chunk, analyzer) for chunk in (chunks[0], chunks[1], chunks[0], chunks[0])]
    grouped = [stored.gather(chunks[0], read[:3]), stored.gather(chunks[0], read[3:])]
    for found in (read, grouped):
        analysis = stored.conclude(found, analyzer)
        assert analysis.summary == "page 1; page 2; page 1; page 1"
        assert analysis.usage.input_tokens == 200
        assert analysis.model_answers == ModelAnswers(model="some-model", count=2, input_tokens=200)


def test_a_group_of_chunks_is_concluded_like_its_chunks(stored: StoredText) -> None:
    """Gathering twice gives the same reference. Readings of another model are another group."""
    analyzer = PageAnalyzer()
    chunks = stored.split(analyzer)
    read = [stored.read(chunk, analyzer) for chunk in chunks]
    group = stored.gather(chunks[0], read[:4])
    assert stored.gather(chunks[0], read[:4]) == group
    analysis = stored.conclude([group, *read[4:]], analyzer)
    assert analysis == stored.conclude(read, analyzer)
    other = PageAnalyzer("other")
    assert (
        stored.gather(chunks[0], [stored.read(chunk, other) for chunk in chunks[:4]]).reference.key
        != group.reference.key
    )


def test_a_text_that_is_split_differently_is_read_again(stored: StoredText) -> None:
    """A worker died after it had read some chunks, and the next release splits the text differently."""
    first, second, *_ = stored.split(PageAnalyzer())
    [again, *_] = stored.split(PageAnalyzer(pages=(PAGES[1], *PAGES[1:])))
    analyzer = PageAnalyzer()
    for chunk in (first, second, again):
        stored.read(chunk, analyzer)
    assert analyzer.texts_read == ["page 1", "page 2", "page 2"]


def test_a_chunk_is_read_once_per_model(stored: StoredText) -> None:
    [chunk, *_] = stored.split(PageAnalyzer())
    one, other = stored.read(chunk, PageAnalyzer("one")), stored.read(chunk, PageAnalyzer("other"))
    assert one.reference.key != other.reference.key
    model_answers = stored.conclude([stored.read(chunk, PageAnalyzer("other"))], PageAnalyzer()).model_answers
    assert model_answers
    assert model_answers.count == 1


def test_one_unreadable_chunk_fails_all_chunks(stored: StoredText) -> None:
    """Later chunks fail with the same error, and cost nothing."""
    first, second, *_ = stored.split(PageAnalyzer())
    with pytest.raises(JobError, match="a wrong key"):
        stored.read(first, PageAnalyzer(error=PermanentError(Code.ANALYZER_REFUSED, "a wrong key")))
    analyzer = PageAnalyzer()
    with pytest.raises(JobError, match="a wrong key") as caught:
        stored.read(second, analyzer)
    assert (caught.value.code, caught.value.retry) == (Code.ANALYZER_REFUSED, False)
    assert analyzer.texts_read == []


def test_a_chunk_that_starts_after_another_exceeded_its_share_asks_no_model(stored: StoredText) -> None:
    """The step that resumes the text is about to ask about the rest. Chunks that were read stay read."""
    first, second, third, *_ = stored.split(PageAnalyzer())
    read = stored.read(first, PageAnalyzer())
    with pytest.raises(PermanentError, match="less is left"):
        stored.read(second, PageAnalyzer(error=BudgetError(1.0)))
    analyzer = PageAnalyzer()
    with pytest.raises(PermanentError, match="less is left") as caught:
        stored.read(third, analyzer)
    assert caught.value.code == Code.COST_LIMIT
    assert stored.read(first, analyzer) == read
    assert analyzer.texts_read == []


def test_an_analyzer_without_chunks_gets_the_whole_text(stored: StoredText) -> None:
    assert stored.split(Extractive({})) == []
    assert not isinstance(Extractive({}), ChunkedAnalyzer)


def test_a_worker_with_another_analyzer_leaves_a_chunk_to_other_workers(stored: StoredText) -> None:
    """The step sleeps durably: a retry in memory would meet the same analyzer. It costs nothing, and spoils nothing."""
    [chunk, *_] = stored.split(PageAnalyzer())
    read = stored.read(chunk, PageAnalyzer())
    for step in (lambda: stored.read(chunk, Extractive({})), lambda: stored.conclude([read], Extractive({}))):
        with pytest.raises(TemporaryError, match="a new analyzer cannot read chunks") as caught:
            step()
        assert caught.value.code == Code.ANALYZER_REFUSED
        assert caught.value.after
        assert caught.value.after > MAX_PAUSE_SECONDS
        assert caught.value.durable_attempts == 5
    assert stored.read(chunk, PageAnalyzer()) == read


def test_the_error_names_a_chunk_that_is_missing_in_the_store(stored: StoredText) -> None:
    [chunk, *_] = stored.split(PageAnalyzer())
    gone = chunk.model_copy(update={"first": 7})
    with pytest.raises(PermanentError, match=r"00007\.json was deleted from the store"):
        stored.read(gone, PageAnalyzer())


@pytest.mark.parametrize(("count", "size"), [(1, 1), (17, 6), (40, 16)])
def test_a_request_is_split_into_every_chunk_once_in_order(count: int, size: int) -> None:
    whole = Chunks(job_id="a", type="report", prefix="p", count=count, until=0.0)
    each = [one for some in whole.split(size) for one in some.split(1)]
    assert [(one.first, one.count) for one in each] == [(number, 1) for number in range(1, count + 1)]
    assert {(one.job_id, one.type, one.prefix, one.until) for one in each} == {("a", "report", "p", 0.0)}


def test_checkpoints_of_two_thousand_chunks_are_small() -> None:
    """The index, the requests of a group and its readings each take less than a third of the limit."""
    job = DocumentJob(job_id="j" * 128, document_url="https://example.com/a.pdf", requester_id="client")
    index = ChunkIndex(prefix=chunks_prefix(job.job_id, "0" * 64), count=2_000)
    asked = request_chunks(job, index, 1_800_000_000.123, None).split(125)
    place = Reference(key=f"{index.prefix}/read-{'0' * 64}.json", size=1_000_000, sha256="0" * 64)
    read = [ChunksRead(reference=place)]
    for checkpoint in (Analyzed(value=index), asked, read * asked[0].count, read * len(asked)):
        assert len(to_json(checkpoint)) < MAX_RESULT_BYTES / 3
