"""Analyze as a part of the sequence: by one step, or chunk by chunk if a model has a long text to read.

A few chunks are asked about at once by the step itself, and what rules read is one piece anyway. Of a longer text each
chunk is a task of its own for the group that has places for this only: it may wait for the network for minutes, and
neither downloads nor estimates wait behind it. One that its provider holds up sleeps durably, and the others go on;
what was answered is kept and asked for once.

At most three chunks of a job are under way, so that a worker has room for those of others. Up to sixteen are waited for
by the job itself; more are divided into rows, in which one follows the other, and of which each is told as one.

In a job with a limit each chunk has its share. If one needs more, or all are done and their summary does, one step goes
on with what there is left for all of them: it finds what was paid for. If that is not enough either, somebody is asked.
"""

from functools import partial
from typing import Any, Final

from resonate.context import Context
from resonate.error import ApplicationError

from contract.analysis import Analysis
from contract.codes import Code
from contract.job import DocumentJob
from contract.names import READ_CHUNK, READ_CHUNK_VERSION, READ_CHUNKS, READ_CHUNKS_VERSION, Step
from contract.parts import Analyzed, ChunkRead, Chunks, Divided
from contract.reading import Original, Text
from durable import (
    Workflow,
    attribute_errors_to,
    error_of,
    run_parts,
    run_with_durable_retries,
    step,
    work_until,
    workflow,
)
from worker.providers.retries import PATIENT
from worker.steps.analyze import analyze_document
from worker.steps.chunk import conclude_analysis, gather_chunks, split_text
from worker.steps.chunk import read_chunk as read_chunk_of
from worker.steps.cost_checks import questions_about
from worker.steps.ports import Ports

from .cost_limit import Ahead, Allowance, Limit

_MINUTE: Final = 60.0
_HOUR: Final = 60 * _MINUTE  # for some hundred chunks, four at a time
_AT_ONCE: Final = 3
_BESIDE: Final = 16  # chunks, or rows of them, that are waited for together


class Analyzing:
    """What `await analyzing(ctx, ...)` needs is put together once, and its workflows must be known to workers."""

    def __init__(self, ports: Ports, group: str) -> None:
        """`group` has the places for chunks."""
        analyzer, store, meter = ports.analyzer, ports.store, ports.meter
        analyze_whole = partial(analyze_document, analyzer=analyzer, store=store, meter=meter)

        @step(timeout=15 * _MINUTE, retry=PATIENT)
        async def analyze(job: DocumentJob, original: Original, text: Text, most_usd: float | None = None) -> Analyzed:
            if divided := await split_text(job, text, analyzer=analyzer, store=store):
                return Analyzed(divided=divided)
            return await analyze_whole(job, original, text, most_usd=most_usd)

        @step(timeout=_HOUR, retry=PATIENT)
        async def go_on(job: DocumentJob, original: Original, text: Text, most_usd: float | None) -> Analyzed:
            return await analyze_whole(job, original, text, most_usd=most_usd)

        @step(timeout=15 * _MINUTE, retry=PATIENT)
        async def read_text(chunk: Chunks) -> ChunkRead:
            return await read_chunk_of(chunk, analyzer=analyzer, store=store, meter=meter)

        @step(timeout=15 * _MINUTE, retry=PATIENT)
        async def gather(row: Chunks, read: tuple[ChunkRead, ...]) -> ChunkRead:
            return await gather_chunks(row, read, store=store)

        @step(timeout=15 * _MINUTE, retry=PATIENT)
        async def conclude(
            job: DocumentJob, original: Original, text: Text, read: tuple[ChunkRead, ...], most_usd: float | None = None
        ) -> Analysis:
            return await conclude_analysis(
                job, original, text, read, analyzer=analyzer, store=store, meter=meter, most_usd=most_usd
            )

        @workflow(name=READ_CHUNK, version=READ_CHUNK_VERSION)
        async def read_chunk(ctx: Context, chunk: Chunks) -> ChunkRead:
            with work_until(chunk.until):
                return await run_with_durable_retries(ctx, read_text, chunk)

        @workflow(name=READ_CHUNKS, version=READ_CHUNKS_VERSION)
        async def read_chunks(ctx: Context, row: Chunks) -> ChunkRead:
            read = await run_parts(ctx, read_chunk, row.rows(1), concurrency=1, group=group)
            with work_until(row.until):
                return await ctx.run(gather, row, tuple(read))

        self._limit: Final = Limit(ports)
        self._analyze: Final = analyze
        self._go_on: Final = go_on
        self._conclude: Final = conclude
        self._group: Final = group
        self._read_chunk: Final = read_chunk
        self._read_chunks: Final = read_chunks
        self.workflows: Final[list[Workflow[..., Any]]] = [read_chunk, read_chunks]

    async def __call__(
        self, ctx: Context, job: DocumentJob, original: Original, text: Text, may: Allowance
    ) -> tuple[Analysis, Allowance]:
        """Return what the document says, and what the job may still do: somebody may have raised its limit."""
        with attribute_errors_to(Step.ANALYZE):
            return await self._analyzed(ctx, job, original, text, may)

    async def _analyzed(
        self, ctx: Context, job: DocumentJob, original: Original, text: Text, may: Allowance
    ) -> tuple[Analysis, Allowance]:
        may = await self._limit(ctx, job, may, Ahead.analysis(text))
        with work_until(may.until):
            analyzed = await run_with_durable_retries(
                ctx, self._analyze, job, original, text, may.left(text.use.cost_usd)
            )
            if analyzed.divided:
                analyzed = await self._in_parts(ctx, job, original, text, analyzed.divided, may)
        while analyzed.short:
            may = await self._limit(ctx, job, may, Ahead.more_of_the_analysis(text, analyzed.short))
            with work_until(may.until):
                analyzed = await run_with_durable_retries(
                    ctx, self._go_on, job, original, text, may.left(text.use.cost_usd)
                )
        assert analyzed.analysis, "the step says one or the other"
        return analyzed.analysis, may

    async def _in_parts(  # noqa: PLR0913,PLR0917 what its steps need
        self, ctx: Context, job: DocumentJob, original: Original, text: Text, divided: Divided, may: Allowance
    ) -> Analyzed:
        most_usd = may.left(text.use.cost_usd)
        try:
            read = await self._read(ctx, chunks_of(job, divided, may.until, most_usd))
            return Analyzed(
                analysis=await run_with_durable_retries(ctx, self._conclude, job, original, text, read, most_usd)
            )
        except ApplicationError as exc:
            error = error_of(exc)
            if error.code != Code.COST_LIMIT or error.retry:
                raise
        return await run_with_durable_retries(ctx, self._go_on, job, original, text, most_usd)

    async def _read(self, ctx: Context, chunks: Chunks) -> tuple[ChunkRead, ...]:
        if chunks.count <= _BESIDE:
            return tuple(
                await run_parts(ctx, self._read_chunk, chunks.rows(1), concurrency=_AT_ONCE, group=self._group)
            )
        return tuple(await run_parts(ctx, self._read_chunks, rows(chunks), concurrency=_AT_ONCE))


def chunks_of(job: DocumentJob, divided: Divided, until: float, most_usd: float | None = None) -> Chunks:
    """Return what there is to be read, each for its share of what all of it and the summary may cost."""
    share = None if most_usd is None else most_usd / questions_about(divided.count)
    return Chunks(
        job_id=job.job_id, type=job.type, prefix=divided.prefix, count=divided.count, until=until, most_usd=share
    )


def rows(chunks: Chunks) -> list[Chunks]:
    """Divide the chunks, so that nobody waits for more than sixteen others as long as they are not many hundred."""
    return chunks.rows(max(_AT_ONCE, -(-chunks.count // _BESIDE)))
