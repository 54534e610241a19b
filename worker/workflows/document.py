"""The workflow of a document: four steps before a deadline, and a last one that hands over the notice of its end.

In long documents, two of the steps run in parts on other workers: `extraction.py` and `analysis.py`. A person may
review the findings before they are stored: `result_review.py`. A workflow of its own sends the notice: `ending.py`. So
a job is done once its result is stored, even if the channel is down.
"""

from contextlib import suppress
from typing import Final

from resonate.error import ApplicationError

from contract.job import DocumentJob
from contract.names import PROCESS_DOCUMENT, VERSION
from contract.result import DocumentResult, StoredResult
from durable import Context, run_with_durable_retries, workflow
from worker.steps.document import DocumentSteps
from worker.steps.ports import Ports

from .analysis import TextAnalysis
from .cost_limit import Allowance
from .extraction import Extraction
from .result_review import ResultReview


class DocumentWorkflow:
    """`process_document` is the workflow; its parts must be registered, too."""

    def __init__(self, ports: Ports, *, pages_group: str, chunks_group: str, notices_group: str) -> None:
        self._min_run_seconds: Final = ports.min_run_seconds
        self.steps: Final = DocumentSteps(ports, notices_group)
        self.extract: Final = Extraction(ports, pages_group)
        self.analyze: Final = TextAnalysis(ports, chunks_group)
        self.review: Final = ResultReview(ports)

    @workflow(name=PROCESS_DOCUMENT, version=VERSION)
    async def process_document(self, ctx: Context, job: DocumentJob) -> DocumentResult:
        """Process one document."""
        try:
            if job.callback_url:
                await ctx.run(self.steps.announce_acceptance, job)
            until = await ctx.run(self.steps.begin)
            allowance = Allowance(until=until, max_usd=job.max_cost_usd, min_run_seconds=self._min_run_seconds)
            with allowance.limit_work():
                original = await run_with_durable_retries(ctx, self.steps.download, job)
            text = await self.extract(ctx, job, original, allowance)
            analysis = await self.analyze(ctx, job, original, text, allowance)
            analysis = await self.review(ctx, job, analysis, allowance)
            with allowance.limit_work():
                stored = await run_with_durable_retries(ctx, self.steps.store, job, original, text, analysis)
        except Exception:
            with suppress(ApplicationError):  # the step logs its failure; the job fails with its own
                await ctx.run(self.steps.notify, job)
            raise
        notified_at = await ctx.run(self.steps.notify, job)
        result = StoredResult.of(job, text, analysis, stored.stored_at, download=original.usage)
        return DocumentResult.with_notice(result, notified_at)
