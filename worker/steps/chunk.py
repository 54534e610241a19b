"""A chunk of a long text: read by a model wherever there is room, and put together with the others in the end."""

from collections.abc import Sequence
from typing import Final

from pydantic import TypeAdapter

from contract.codes import Code
from contract.job import DocumentJob
from contract.parts import ChunkRead, Chunks, chunks_prefix
from contract.result import Analysis, Original, Reference, Text, Use
from durable.errors import PermanentError
from worker.analysis.analyzer import Analyzer, Chunkwise, Reading
from worker.analysis.chunks import Chunk
from worker.costs.metering import METER, Meter
from worker.ledger import billed_to
from worker.store import Store

from .analyze import finished
from .extract import pages_at
from .giving_up import unless_given_up

FEW: Final = 4  # chunks that an analyzer asks about at once: to have them read elsewhere would not be faster
_CHUNK: Final = TypeAdapter(Chunk)


async def split_text(job: DocumentJob, text: Text, *, analyzer: Analyzer, store: Store) -> tuple[Reference, ...]:
    """Write the chunks of a text that has more than a few of them, if the analyzer reads them one by one."""
    if not isinstance(analyzer, Chunkwise):
        return ()
    chunks = analyzer.chunks(job.type, await pages_at(text.reference, store))
    if len(chunks) <= FEW:
        return ()
    prefix = chunks_prefix(job.job_id, text.reference)
    return tuple(
        [
            await store.create(f"{prefix}/{number:05}.json", _CHUNK.dump_json(chunk))
            for number, chunk in enumerate(chunks, start=1)
        ]
    )


async def read_chunk(chunks: Chunks, *, analyzer: Analyzer, store: Store, meter: Meter = METER) -> ChunkRead:
    """Read the first of the chunks. One that was read is not read again, unless by another model or otherwise asked."""
    [place] = chunks.chunks
    chunk = _CHUNK.validate_json(await store.read(place))
    by = _chunkwise(analyzer)
    prefix = place.key.rpartition("/")[0]
    key = f"{prefix}/read-{by.key(chunks.type, chunk)}.json"
    reference = await store.find(key)
    if reference is None:
        async with unless_given_up(prefix, store):
            reading = await _metered(chunks, chunk, by, meter)
        reference = await store.create(key, reading.model_dump_json().encode())
    reading = await _read(reference, store)
    return ChunkRead(reference=reference, usage=reading.usage, use=reading.use)


async def conclude_analysis(  # noqa: PLR0913 what it is made of is said by name
    job: DocumentJob,
    original: Original,
    text: Text,
    read: Sequence[ChunkRead],
    *,
    analyzer: Analyzer,
    store: Store,
    meter: Meter = METER,
) -> Analysis:
    """Put together what was found in the chunks."""
    seconds = meter.started()
    readings = [await _read(one.reference, store) for one in read]
    with billed_to(job.job_id):
        analysis = await _chunkwise(analyzer).conclude(job.type, readings)
    pages = await pages_at(text.reference, store)
    return await finished(job, original, pages, analysis, store=store, seconds=seconds, rates=meter.rates)


async def _metered(chunks: Chunks, chunk: Chunk, by: Chunkwise, meter: Meter) -> Reading:
    seconds = meter.started()
    with billed_to(chunks.job_id):
        reading = await by.read(chunks.type, chunk)
    return reading.model_copy(update={"use": reading.use + Use(seconds=seconds())})


async def _read(reference: Reference, store: Store) -> Reading:
    return Reading.model_validate_json(await store.read(reference))


def _chunkwise(analyzer: Analyzer) -> Chunkwise:
    """Return the analyzer, which another worker with other settings may be that does not read so."""
    if isinstance(analyzer, Chunkwise):
        return analyzer
    raise PermanentError(Code.ANALYZER_REFUSED, "the analyzer was changed while it read: send the document again")
