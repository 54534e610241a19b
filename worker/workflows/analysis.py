"""The analysis in the document's workflow: one step, or many chunks if a model reads a long text.

One step reads up to four chunks concurrently; rules read any text in one step. Each chunk of a longer text is a task of
its own group: it may wait for the network for minutes without delaying downloads or estimates. A throttled chunk sleeps
durably while the others proceed; each answer is paid for once.

In a job with a limit, each chunk has a share of it. If a chunk or the summary needs more, one step continues with all
that is left and reuses the answers that are paid for. If that is not enough either, the job asks for a higher limit.
"""

from typing import Final

from resonate.error import ApplicationError

from contract.analysis import Analysis
from contract.codes import Code
from contract.job import DocumentJob
from contract.names import READ_CHUNKS, READ_CHUNKS_VERSION, Step
from contract.parts import BudgetExceeded, ChunkIndex, Chunks, ChunksRead
from contract.reading import Original, Text
from durable import Context, FanOut, JobError, attribute_errors_to, error_of, run_with_durable_retries
from worker.steps.analysis import AnalysisSteps
from worker.steps.cost_checks import count_questions
from worker.steps.ports import Ports

from .cost_limit import Allowance, CostLimit, NextCost

_CONCURRENCY: Final = 3  # chunks of one job, so that workers have room for other jobs


class TextAnalysis:
    """`analysis = await analyze(ctx, job, original, text, allowance)`; `read_chunks` must be registered."""

    def __init__(self, ports: Ports, group: str) -> None:
        """`group` is the worker group that reads chunks."""
        self.steps: Final = AnalysisSteps(ports)
        self._limit: Final = CostLimit(ports)
        self.read_chunks: Final[FanOut[Chunks, ChunksRead]] = FanOut(
            name=READ_CHUNKS,
            version=READ_CHUNKS_VERSION,
            run=self.steps.read_chunk,
            gather=self.steps.gather_chunks,
            concurrency=_CONCURRENCY,
            group=group,
            min_run_seconds=ports.min_run_seconds,
        )

    async def __call__(
        self, ctx: Context, job: DocumentJob, original: Original, text: Text, allowance: Allowance
    ) -> Analysis:
        """Return the analysis; errors name this step."""
        with attribute_errors_to(Step.ANALYZE):
            await self._limit.check(ctx, job, allowance, NextCost.analysis(text))
            max_usd = allowance.usd_left(text.usage.cost_usd)
            with allowance.limit_work():
                analyzed = (await run_with_durable_retries(ctx, self.steps.analyze, job, original, text, max_usd)).value
                if isinstance(analyzed, ChunkIndex):
                    chunks = request_chunks(job, analyzed, allowance.until, max_usd)
                    analyzed = await self._analyze_chunks(ctx, job, original, text, chunks, max_usd)
            while isinstance(analyzed, BudgetExceeded):
                await self._limit.check(ctx, job, allowance, NextCost.rest_of_analysis(text, analyzed))
                left = allowance.usd_left(text.usage.cost_usd)
                with allowance.limit_work():
                    analyzed = (
                        await run_with_durable_retries(ctx, self.steps.resume_analysis, job, original, text, left)
                    ).value
            return analyzed

    async def _analyze_chunks(  # noqa: PLR0913,PLR0917 what its steps need
        self, ctx: Context, job: DocumentJob, original: Original, text: Text, chunks: Chunks, max_usd: float | None
    ) -> Analysis | BudgetExceeded:
        try:
            read = tuple(await self.read_chunks(ctx, chunks))
            return await run_with_durable_retries(ctx, self.steps.conclude, job, original, text, read, max_usd)
        except (ApplicationError, JobError) as exc:
            error = error_of(exc)
            if error.code != Code.COST_LIMIT or error.retry:
                raise
        return (await run_with_durable_retries(ctx, self.steps.resume_analysis, job, original, text, max_usd)).value


def request_chunks(job: DocumentJob, index: ChunkIndex, until: float, max_usd: float | None) -> Chunks:
    """Return the request to read all chunks, each for an equal share of the limit."""
    share = None if max_usd is None else max_usd / count_questions(index.count)
    return Chunks(job_id=job.job_id, type=job.type, prefix=index.prefix, count=index.count, until=until, max_usd=share)
