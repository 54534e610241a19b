"""Analyze as a part of the sequence: by one step, or chunk by chunk if a model has a long text to read.

A few chunks are asked about at once by the step itself, and what rules read is one piece anyway. Of a longer text each
chunk is a task of its own for the group of jobs: it waits for the network and needs no slot for pages. One that its
provider holds up sleeps durably, and the others go on; what was answered is kept and asked for once.

At most three chunks of a job are under way, one less than a worker runs by default, so that there is room for others.
Up to sixteen are waited for by the job itself; more are divided into rows, in which one follows the other.
"""

from itertools import batched
from typing import Any, Final

from resonate.context import Context

from contract.job import DocumentJob
from contract.names import READ_CHUNK, READ_CHUNK_VERSION, READ_CHUNKS, READ_CHUNKS_VERSION
from contract.parts import Analyzed, ChunkRead, Chunks
from contract.result import Analysis, Original, Text
from durable.deadline import work_until
from durable.fanout import run_parts
from durable.later import patiently
from durable.retry import Retry
from durable.step import step
from durable.workflow import Workflow, workflow

from .ports import Ports
from .steps.analyze import analyze_document
from .steps.chunk import conclude_analysis, split_text
from .steps.chunk import read_chunk as read_chunk_of

_MINUTE: Final = 60.0
_PATIENT: Final = Retry(attempts=6, first=1.0, cap=30.0)  # half a minute: a server restarts, a limit passes
_AT_ONCE: Final = 3
_BESIDE: Final = 16  # chunks, or rows of them, that are waited for together


class Analyzing:
    """What `await analyzing(ctx, ...)` needs is put together once, and its workflows must be known to workers."""

    def __init__(self, ports: Ports) -> None:
        analyzer, store, meter = ports.analyzer, ports.store, ports.meter

        @step(timeout=15 * _MINUTE, retry=_PATIENT)
        async def analyze(job: DocumentJob, original: Original, text: Text) -> Analyzed:
            if chunks := await split_text(job, text, analyzer=analyzer, store=store):
                return Analyzed(chunks=chunks)
            analysis = await analyze_document(job, original, text, analyzer=analyzer, store=store, meter=meter)
            return Analyzed(analysis=analysis)

        @step(timeout=15 * _MINUTE, retry=_PATIENT)
        async def read_text(chunk: Chunks) -> ChunkRead:
            return await read_chunk_of(chunk, analyzer=analyzer, store=store, meter=meter)

        @step(timeout=15 * _MINUTE, retry=_PATIENT)
        async def conclude(job: DocumentJob, original: Original, text: Text, read: tuple[ChunkRead, ...]) -> Analysis:
            return await conclude_analysis(job, original, text, read, analyzer=analyzer, store=store, meter=meter)

        @workflow(name=READ_CHUNK, version=READ_CHUNK_VERSION)
        async def read_chunk(ctx: Context, chunk: Chunks) -> ChunkRead:
            with work_until(chunk.until):
                return await patiently(ctx, read_text, chunk)

        @workflow(name=READ_CHUNKS, version=READ_CHUNKS_VERSION)
        async def read_chunks(ctx: Context, row: Chunks) -> tuple[ChunkRead, ...]:
            return tuple(await run_parts(ctx, read_chunk, row.each(), at_once=1))

        self._analyze: Final = analyze
        self._conclude: Final = conclude
        self._read_chunk: Final = read_chunk
        self._read_chunks: Final = read_chunks
        self.workflows: Final[list[Workflow[..., Any]]] = [read_chunk, read_chunks]

    async def __call__(self, ctx: Context, job: DocumentJob, original: Original, text: Text, until: float) -> Analysis:
        """Return what the document says; `until` is the moment by which the work must be done, wherever it is."""
        with work_until(until):
            analyzed = await patiently(ctx, self._analyze, job, original, text)
            if analyzed.analysis:
                return analyzed.analysis
            read = await self._read(ctx, Chunks(job_id=job.job_id, type=job.type, chunks=analyzed.chunks, until=until))
            return await patiently(ctx, self._conclude, job, original, text, read)

    async def _read(self, ctx: Context, chunks: Chunks) -> tuple[ChunkRead, ...]:
        if len(chunks.chunks) <= _BESIDE:
            return tuple(await run_parts(ctx, self._read_chunk, chunks.each(), at_once=_AT_ONCE))
        found = await run_parts(ctx, self._read_chunks, rows(chunks), at_once=_AT_ONCE)
        return tuple(one for row in found for one in row)


def rows(chunks: Chunks) -> list[Chunks]:
    """Divide the chunks, so that nobody waits for more than sixteen others as long as they are not many hundred."""
    size = max(_AT_ONCE, -(-len(chunks.chunks) // _BESIDE))
    return [chunks.of(*some) for some in batched(chunks.chunks, size, strict=False)]
