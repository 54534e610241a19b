"""The extraction in the document's workflow: one step, or many workers if many pages need OCR.

A document with a text layer, or with up to four pages for OCR, is one checkpoint. The unread pages of any other are
read in batches, each a task of a group with slots of its own. The job is suspended meanwhile and delays no other job.
"""

from typing import Final

from contract.job import DocumentJob
from contract.names import READ_PAGES, READ_PAGES_VERSION, Step
from contract.parts import Batches, PagesRead, UnreadPages
from contract.reading import Original, Text
from durable import Context, FanOut, attribute_errors_to, run_with_durable_retries
from worker.documents.document_reader import split_batches
from worker.steps.extraction import ExtractionSteps
from worker.steps.ports import Ports

from .cost_limit import Allowance, CostLimit, NextCost

_CONCURRENCY: Final = 32  # batches of one job: a thousand pages must not delay a document of ten


class Extraction:
    """`text = await extract(ctx, job, original, allowance)`; `read_pages` must be registered."""

    def __init__(self, ports: Ports, group: str) -> None:
        """`group` is the worker group that reads batches of pages."""
        self.steps: Final = ExtractionSteps(ports)
        self._limit: Final = CostLimit(ports)
        self.read_pages: Final[FanOut[Batches, PagesRead]] = FanOut(
            name=READ_PAGES,
            version=READ_PAGES_VERSION,
            run=self.steps.read_batch,
            gather=self.steps.gather_pages,
            concurrency=_CONCURRENCY,
            group=group,
            min_run_seconds=ports.min_run_seconds,
        )

    async def __call__(self, ctx: Context, job: DocumentJob, original: Original, allowance: Allowance) -> Text:
        """Return where the text is stored; errors name this step."""
        with attribute_errors_to(Step.EXTRACT):
            with allowance.limit_work():
                extracted = (await run_with_durable_retries(ctx, self.steps.extract, job, original)).value
            if isinstance(extracted, Text):
                return extracted
            await self._limit.check(ctx, job, allowance, NextCost.ocr(extracted))
            with allowance.limit_work():
                parts = await self.read_pages(ctx, request_batches(job, original, extracted, allowance))
                return await run_with_durable_retries(ctx, self.steps.join, job, original, extracted, tuple(parts))


def request_batches(job: DocumentJob, original: Original, unread: UnreadPages, allowance: Allowance) -> Batches:
    """Return the request to read all unread pages."""
    return Batches(
        job_id=job.job_id,
        original=original,
        batches=tuple(split_batches(unread.unread)),
        until=allowance.until,
        password=job.document_password,
        page_usd=allowance.usd_per_page(unread.usage.cost_usd, len(unread.unread)),
        earlier_jobs=job.earlier_jobs,
    )
