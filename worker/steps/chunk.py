"""A chunk of a long text: read by a model wherever there is room, and put together with the others in the end."""

import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from pydantic import TypeAdapter

from contract.analysis import Analysis
from contract.codes import Code
from contract.job import DocumentJob
from contract.model import Value
from contract.names import Step
from contract.parts import ChunkRead, Chunks, Divided, chunk_key, chunks_prefix
from contract.reading import Original, Text
from contract.use import Usage, Use
from durable import PermanentError, TemporaryError
from worker.adapters.object_store import Store
from worker.analysis.analyzer import Analyzer, ChunkedAnalyzer, ChunkReading
from worker.analysis.chunks import Chunk
from worker.analysis.llm.limits import CONCURRENCY
from worker.costs.ledger import BudgetError
from worker.costs.metering import METER, Meter, paying
from worker.providers.retries import LONGEST, UNANSWERED

from .analyze import finished, priced
from .cost_checks import budget_of
from .extract import pages_at
from .giving_up import unless_given_up

FEW: Final = CONCURRENCY  # chunks that an analyzer asks about at once: to have them read elsewhere would not be faster
_ELSEWHERE: Final = 2 * LONGEST  # seconds, so that nobody tries again here, where the analyzer stays what it is
_CHUNK: Final = TypeAdapter(Chunk)


class Readings(Value):
    """What was found in chunks, in their order, each under the name of all that it depends on."""

    readings: tuple[tuple[str, ChunkReading], ...]


async def split_text(job: DocumentJob, text: Text, *, analyzer: Analyzer, store: Store) -> Divided | None:
    """Write the chunks of a text that has more than a few of them, if the analyzer reads them one by one."""
    if not isinstance(analyzer, ChunkedAnalyzer):
        return None
    chunks = [_CHUNK.dump_json(one) for one in analyzer.chunks(job.type, await pages_at(text.reference, store))]
    if len(chunks) <= FEW:
        return None
    prefix = chunks_prefix(job.job_id, _digest(chunks))
    for number, chunk in enumerate(chunks, start=1):
        await store.create(chunk_key(prefix, number), chunk)
    return Divided(prefix=prefix, count=len(chunks))


async def read_chunk(chunks: Chunks, *, analyzer: Analyzer, store: Store, meter: Meter = METER) -> ChunkRead:
    """Read the first of the chunks. One that was read is not read again, unless by another model or otherwise asked."""
    by = _chunkwise(analyzer)
    chunk = await _chunk(chunk_key(chunks.prefix, chunks.first), store)
    name = by.key(chunks.type, chunk)
    key = f"{chunks.prefix}/read-{name}.json"
    reference = await store.find(key)
    if reference is None:
        async with unless_given_up(chunks.prefix, store), _for_its_share():
            reading = await _metered(chunks, chunk, by, meter)
        reference = await store.create(key, Readings(readings=((name, reading),)).model_dump_json().encode())
    return ChunkRead(reference=reference)


async def gather_chunks(row: Chunks, read: Sequence[ChunkRead], *, store: Store) -> ChunkRead:
    """Write what was found in chunks that follow each other into one object: a job is told of few."""
    content = Readings(readings=tuple(await _found(read, store))).model_dump_json().encode()
    key = f"{row.prefix}/row-{row.first:05}-{_digest([content])[:16]}.json"
    return ChunkRead(reference=await store.create(key, content))


async def conclude_analysis(  # noqa: PLR0913 what it is made of is said by name
    job: DocumentJob,
    original: Original,
    text: Text,
    read: Sequence[ChunkRead],
    *,
    analyzer: Analyzer,
    store: Store,
    meter: Meter = METER,
    most_usd: float | None = None,
) -> Analysis:
    """Put together what was found in the chunks; all of it together may cost so much."""
    seconds = meter.started()
    by = _chunkwise(analyzer)
    readings = _billed_once(await _found(read, store))
    before = sum((one.use for one in readings), Use())
    left = None if most_usd is None else most_usd - before.cost_usd
    async with _for_its_share():
        with paying(job.job_id, Step.ANALYZE, meter, budget_of(meter.rates, left)):
            analysis = await by.conclude(job.type, readings)
    asked = Use(
        input_tokens=analysis.use.input_tokens - before.input_tokens,
        output_tokens=analysis.use.output_tokens - before.output_tokens,
    )
    cost = meter.rates.of_tokens(asked)
    is_priced = cost is not None and all(one.is_priced for one in readings)
    analysis = priced(analysis, before.cost_usd + (cost or 0.0) if is_priced else None)
    pages = await pages_at(text.reference, store)
    return await finished(job, original, pages, analysis, store=store, seconds=seconds)


@asynccontextmanager
async def _for_its_share() -> AsyncIterator[None]:
    """Let whoever put the parts together know that more is needed: of what others have left, or of the limit."""
    try:
        yield
    except BudgetError as exc:
        raise PermanentError(exc.code, exc.message) from exc


def _billed_once(found: Iterable[tuple[str, ChunkReading]]) -> list[ChunkReading]:
    """Return what was found in every chunk. Chunks that are the same share a reading, which was paid for once."""
    readings: list[ChunkReading] = []
    counted = set[str]()
    for name, reading in found:
        again = {"usage": Usage(model=reading.usage.model), "use": Use()} if name in counted else {}
        readings.append(reading.model_copy(update=again))
        counted.add(name)
    return readings


async def _chunk(key: str, store: Store) -> Chunk:
    reference = await store.find(key)
    if reference is None:
        raise PermanentError(Code.STORED_CHANGED, f"{key} is not there any more")
    return _CHUNK.validate_json(await store.read(reference))


async def _metered(chunks: Chunks, chunk: Chunk, by: ChunkedAnalyzer, meter: Meter) -> ChunkReading:
    """Read it, and say what that cost here: whoever puts the readings together may have other prices."""
    seconds, budget = meter.started(), budget_of(meter.rates, chunks.most_usd)
    with paying(chunks.job_id, Step.ANALYZE, meter, budget):
        reading = await by.read(chunks.type, chunk)
    cost = meter.rates.of_tokens(reading.use)
    use = reading.use + Use(seconds=seconds(), cost_usd=cost or 0.0)
    return reading.model_copy(update={"use": use, "is_priced": cost is not None})


async def _found(read: Sequence[ChunkRead], store: Store) -> list[tuple[str, ChunkReading]]:
    found = [Readings.model_validate_json(await store.read(one.reference)) for one in read]
    return [reading for some in found for reading in some.readings]


def _digest(parts: Iterable[bytes]) -> str:
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def _chunkwise(analyzer: Analyzer) -> ChunkedAnalyzer:
    """Return the analyzer. While a deployment replaces it, another worker may have the one that asked for chunks."""
    if isinstance(analyzer, ChunkedAnalyzer):
        return analyzer
    message = "the analyzer was changed while it read, and reads no chunks: deploy it again, or send the document again"
    raise TemporaryError(Code.ANALYZER_REFUSED, message, after=_ELSEWHERE, tries=UNANSWERED)
