"""Analyze as part of the document's workflow: by one step, or chunk by chunk if a model has a long text to read.

The step itself asks about up to four chunks at once, and rules read any text in one go. Each chunk of a longer text is
a task of its own for the group that has a concurrency for nothing else: it may wait for the network for minutes, and
neither downloads nor estimates wait behind it. A chunk that its provider throttles sleeps durably, and the others
proceed; answers are kept and asked for once.

In a job with a limit each chunk has its share. If a chunk, or the summary of all, needs more than that, one step
continues with what is left for all of them and finds the answers that are paid for. If that is not enough either, the
job asks for a higher limit.
"""

from typing import Final

from resonate.error import ApplicationError

from contract.analysis import Analysis
from contract.codes import Code
from contract.job import DocumentJob
from contract.names import READ_CHUNKS, READ_CHUNKS_VERSION, Step
from contract.parts import BudgetExceeded, ChunkIndex, Chunks, ChunksRead
from contract.reading import Original, Text
from durable import Context, FanOut, attribute_errors_to, error_of, run_with_durable_retries, work_until
from worker.steps.analysis import AnalysisSteps
from worker.steps.cost_checks import count_questions
from worker.steps.ports import Ports

from .cost_limit import Allowance, CostLimit, NextCost

_CONCURRENCY: Final = 3  # chunks of a job, so that a worker has room for those of others


class TextAnalysis:
    """`analysis = await analyze(ctx, job, original, text, allowance)`; `read_chunks` must be registered."""

    def __init__(self, ports: Ports, group: str) -> None:
        """`group` has the concurrency for chunks."""
        self.steps: Final = AnalysisSteps(ports)
        self._limit: Final = CostLimit(ports)
        self.read_chunks: Final[FanOut[Chunks, ChunksRead]] = FanOut(
            name=READ_CHUNKS,
            version=READ_CHUNKS_VERSION,
            run=self.steps.read_chunk,
            gather=self.steps.gather_chunks,
            concurrency=_CONCURRENCY,
            group=group,
        )

    async def __call__(
        self, ctx: Context, job: DocumentJob, original: Original, text: Text, allowance: Allowance
    ) -> Analysis:
        """Return the analysis; errors name this step."""
        with attribute_errors_to(Step.ANALYZE):
            await self._limit.check(ctx, job, allowance, NextCost.analysis(text))
            max_usd = allowance.left(text.use.cost_usd)
            with work_until(allowance.until):
                found = (await run_with_durable_retries(ctx, self.steps.analyze, job, original, text, max_usd)).found
                if isinstance(found, ChunkIndex):
                    chunks = request_chunks(job, found, allowance.until, max_usd)
                    found = await self._analyze_chunks(ctx, job, original, text, chunks, max_usd)
            while isinstance(found, BudgetExceeded):
                await self._limit.check(ctx, job, allowance, NextCost.rest_of_analysis(text, found))
                left = allowance.left(text.use.cost_usd)
                with work_until(allowance.until):
                    found = (
                        await run_with_durable_retries(ctx, self.steps.resume_analysis, job, original, text, left)
                    ).found
            return found

    async def _analyze_chunks(  # noqa: PLR0913,PLR0917 what its steps need
        self, ctx: Context, job: DocumentJob, original: Original, text: Text, chunks: Chunks, max_usd: float | None
    ) -> Analysis | BudgetExceeded:
        try:
            read = tuple(await self.read_chunks(ctx, chunks))
            return await run_with_durable_retries(ctx, self.steps.conclude, job, original, text, read, max_usd)
        except ApplicationError as exc:
            error = error_of(exc)
            if error.code != Code.COST_LIMIT or error.retry:
                raise
        return (await run_with_durable_retries(ctx, self.steps.resume_analysis, job, original, text, max_usd)).found


def request_chunks(job: DocumentJob, index: ChunkIndex, until: float, max_usd: float | None) -> Chunks:
    """Return the request to read all chunks, each for its share of what they and the summary may cost."""
    share = None if max_usd is None else max_usd / count_questions(index.count)
    return Chunks(job_id=job.job_id, type=job.type, prefix=index.prefix, count=index.count, until=until, max_usd=share)
