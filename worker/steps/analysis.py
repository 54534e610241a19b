"""The steps that analyze a text: as a whole, or in chunks if it is long and a model reads it."""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Final

from pydantic import TypeAdapter

from contract.analysis import Analysis
from contract.codes import Code
from contract.job import DocumentJob
from contract.model import Value
from contract.names import Step
from contract.parts import (
    Analyzed,
    AnalyzedWhole,
    BudgetExceeded,
    ChunkIndex,
    Chunks,
    ChunksRead,
    chunk_key,
    chunks_prefix,
)
from contract.reading import Original, Text
from contract.usage import ModelAnswers, Usage
from durable import PermanentError, TemporaryError, step
from worker.analysis.analyzer import ChunkedAnalyzer, ChunkReading
from worker.analysis.chunks import Chunk
from worker.analysis.llm.limits import CONCURRENCY
from worker.analysis.llm.text_feed import feed_text
from worker.costs.ledger import Budget, BudgetError, bill_to
from worker.costs.meter import meter_step
from worker.durations import HOUR, MINUTE
from worker.providers.retries import DEFER_SECONDS, MAX_UNANSWERED_ATTEMPTS, STEP_RETRY

from .cost_checks import budget_of
from .fail_together import fail_together
from .finish_analysis import finish, with_price
from .ports import Ports
from .stored_pages import load_pages

_CHUNK: Final = TypeAdapter(Chunk)


class Readings(Value):
    """The findings of chunks in order, each under the key of everything that it depends on."""

    readings: tuple[tuple[str, ChunkReading], ...]


class AnalysisSteps:
    """The steps of the analysis; `ports` is their access to the outside."""

    def __init__(self, ports: Ports) -> None:
        self._ports: Final = ports

    @step(timeout=15 * MINUTE, retry=STEP_RETRY)
    async def analyze(self, job: DocumentJob, original: Original, text: Text, max_usd: float | None = None) -> Analyzed:
        """Analyze the text within `max_usd`, or divide a long one into chunks for a model."""
        if index := await self._split(job, text):
            return Analyzed(value=index)
        return Analyzed(value=await self._analyze(job, original, text, max_usd))

    @step(timeout=HOUR, retry=STEP_RETRY)  # for some hundred chunks, four at a time
    async def resume_analysis(
        self, job: DocumentJob, original: Original, text: Text, max_usd: float | None
    ) -> AnalyzedWhole:
        """Analyze the whole text with a new limit; answers that are paid for are reused."""
        return AnalyzedWhole(value=await self._analyze(job, original, text, max_usd))

    @step(timeout=15 * MINUTE, retry=STEP_RETRY)
    async def read_chunk(self, chunks: Chunks) -> ChunksRead:
        """Read one chunk, unless the same model has read it in the same way."""
        store, analyzer = self._ports.store, self._require_chunked_analyzer()
        chunk = await self._load_chunk(chunk_key(chunks.prefix, chunks.first))
        name = analyzer.key(chunks.type, chunk)
        key = f"{chunks.prefix}/read-{name}.json"
        reference = await store.find(key)
        if reference is None:
            async with fail_together(chunks.prefix, store):
                with _fail_beyond_share():
                    reading = await self._read(analyzer, chunks, chunk)
            reference = await store.create(key, Readings(readings=((name, reading),)).model_dump_json().encode())
        return ChunksRead(reference=reference)

    @step(timeout=15 * MINUTE, retry=STEP_RETRY)
    async def gather_chunks(self, chunks: Chunks, read: tuple[ChunksRead, ...]) -> ChunksRead:
        """Store the findings of several chunks as one object, so that the job handles few."""
        content = Readings(readings=tuple(await self._load_readings(read))).model_dump_json().encode()
        key = f"{chunks.prefix}/chunks-{chunks.first:05}-{_digest([content])[:16]}.json"
        return ChunksRead(reference=await self._ports.store.create(key, content))

    @step(timeout=15 * MINUTE, retry=STEP_RETRY)
    async def conclude(
        self, job: DocumentJob, original: Original, text: Text, read: tuple[ChunksRead, ...], max_usd: float | None
    ) -> Analysis:
        """Combine the findings of all chunks; chunks and summary together may cost `max_usd`."""
        meter = self._ports.meter
        seconds, analyzer = meter.stopwatch(), self._require_chunked_analyzer()
        readings = _count_once(await self._load_readings(read))
        before = sum((one.usage for one in readings), Usage())
        left = None if max_usd is None else max_usd - before.cost_usd
        with _fail_beyond_share(), meter_step(job.job_id, Step.ANALYZE, meter, budget_of(meter.rates, left)):
            analysis = await analyzer.conclude(job.type, readings)
        asked = Usage(
            input_tokens=analysis.usage.input_tokens - before.input_tokens,
            output_tokens=analysis.usage.output_tokens - before.output_tokens,
        )
        cost = meter.rates.of_tokens(asked)
        is_priced = cost is not None and all(one.is_priced for one in readings)
        analysis = with_price(analysis, before.cost_usd + (cost or 0.0) if is_priced else None)
        pages = (await load_pages(text.reference, self._ports.store)).pages
        return await finish(job, original, pages, analysis, store=self._ports.store, seconds=seconds)

    async def _analyze(
        self, job: DocumentJob, original: Original, text: Text, max_usd: float | None
    ) -> Analysis | BudgetExceeded:
        store, meter = self._ports.store, self._ports.meter
        seconds, budget = meter.stopwatch(), budget_of(meter.rates, max_usd)
        pages = (await load_pages(text.reference, store)).pages
        plain = tuple(page.model_copy(update={"boxes": None}) for page in pages)
        try:
            with feed_text(partial(self._ports.progress.report_text, job.job_id)):
                analysis = await self._ask(job, partial(self._ports.analyzer, job.type, plain), budget)
        except BudgetError as exc:
            spent = budget.spent if budget else 0.0
            return BudgetExceeded(spent_usd=spent, next_usd=exc.usd)
        analysis = with_price(analysis, meter.rates.of_tokens(analysis.usage))
        found = f"{analysis.analyzer} found {len(analysis.findings)} values on {len(pages)} pages"
        self._ports.progress.report_message(job.job_id, found)
        return await finish(job, original, pages, analysis, store=store, seconds=seconds)

    async def _ask(self, job: DocumentJob, ask: Callable[[], Awaitable[Analysis]], budget: Budget | None) -> Analysis:
        """Analyze; with a budget, first find what earlier runs paid for, so that no new request is sent before."""
        if budget:
            with suppress(BudgetError), budget.without_spending(), bill_to(job.job_id, budget, is_for_all=True):
                return await ask()
        with meter_step(job.job_id, Step.ANALYZE, self._ports.meter, budget, is_for_all=budget is not None):
            return await ask()

    async def _split(self, job: DocumentJob, text: Text) -> ChunkIndex | None:
        """Store the chunks of a text, if they are more than the analyzer reads concurrently in one step."""
        analyzer, store = self._ports.analyzer, self._ports.store
        if not isinstance(analyzer, ChunkedAnalyzer):
            return None
        pages = (await load_pages(text.reference, store)).pages
        chunks = [_CHUNK.dump_json(one) for one in analyzer.chunks(job.type, pages)]
        if len(chunks) <= CONCURRENCY:
            return None
        prefix = chunks_prefix(job.job_id, _digest(chunks))
        for number, chunk in enumerate(chunks, start=1):
            await store.create(chunk_key(prefix, number), chunk)
        return ChunkIndex(prefix=prefix, count=len(chunks))

    async def _read(self, analyzer: ChunkedAnalyzer, chunks: Chunks, chunk: Chunk) -> ChunkReading:
        """Read a chunk, and price it here: the worker that combines the readings may have other prices."""
        meter = self._ports.meter
        seconds, budget = meter.stopwatch(), budget_of(meter.rates, chunks.max_usd)
        with meter_step(chunks.job_id, Step.ANALYZE, meter, budget):
            reading = await analyzer.read(chunks.type, chunk)
        cost = meter.rates.of_tokens(reading.usage)
        usage = reading.usage + Usage(seconds=seconds(), cost_usd=cost or 0.0)
        return reading.model_copy(update={"usage": usage, "is_priced": cost is not None})

    async def _load_chunk(self, key: str) -> Chunk:
        reference = await self._ports.store.find(key)
        if reference is None:
            raise PermanentError(Code.STORED_CHANGED, f"{key} was deleted from the store")
        return _CHUNK.validate_json(await self._ports.store.read(reference))

    async def _load_readings(self, read: Sequence[ChunksRead]) -> list[tuple[str, ChunkReading]]:
        found = [Readings.model_validate_json(await self._ports.store.read(one.reference)) for one in read]
        return [reading for some in found for reading in some.readings]

    def _require_chunked_analyzer(self) -> ChunkedAnalyzer:
        """Return the analyzer; raise if it cannot read chunks: a deployment may replace it while chunks wait."""
        if isinstance(self._ports.analyzer, ChunkedAnalyzer):
            return self._ports.analyzer
        message = "a new analyzer cannot read chunks: deploy the previous one, or send the document again"
        raise TemporaryError(
            Code.ANALYZER_REFUSED, message, after=DEFER_SECONDS, durable_attempts=MAX_UNANSWERED_ATTEMPTS
        )


@contextmanager
def _fail_beyond_share() -> Iterator[None]:
    """Make a budget error permanent: only the workflow can give a part more than its share."""
    try:
        yield
    except BudgetError as exc:
        raise PermanentError(exc.code, exc.message) from exc


def _count_once(found: Iterable[tuple[str, ChunkReading]]) -> list[ChunkReading]:
    """Return the reading of every chunk. Equal chunks share a reading, which was paid for once."""
    readings: list[ChunkReading] = []
    counted = set[str]()
    for name, reading in found:
        again = (
            {"model_answers": ModelAnswers(model=reading.model_answers.model), "usage": Usage()}
            if name in counted
            else {}
        )
        readings.append(reading.model_copy(update=again))
        counted.add(name)
    return readings


def _digest(parts: Iterable[bytes]) -> str:
    return hashlib.sha256(b"\n".join(parts)).hexdigest()
