"""Extract as a part of the sequence: by one step, or by many workers at once if there is much to recognize.

What decides is what the step itself finds: a document that carries its text, or has a few pages to look at, costs one
checkpoint and nothing else. Of any other the unread pages are read in batches of a few pages, each a task of its own
for the group that has slots for this only. Nothing waits for it: neither other jobs nor their workers.

At most two stretches of a job are under way, so that a job with a thousand pages does not stand in front of one with
ten. A stretch is up to sixteen batches of most documents; it waits for them and holds nothing meanwhile, and puts their
pages together: so what a job is told stays small, however many pages it has.
"""

from functools import partial
from itertools import batched
from typing import Any, Final

from resonate.context import Context

from contract.job import DocumentJob
from contract.names import READ_BATCH, READ_BATCH_VERSION, READ_STRETCH, READ_STRETCH_VERSION, Step
from contract.parts import Batch, Extracted, Part, Split, Stretch
from contract.reading import Original, Text
from durable import Workflow, attribute_errors_to, run_parts, run_with_durable_retries, step, work_until, workflow
from worker.documents.document_reader import split_batches
from worker.providers.retries import PATIENT
from worker.steps.batch import gather_pages as gather_pages_of
from worker.steps.batch import join_pages
from worker.steps.batch import read_batch as read_pages_of
from worker.steps.extract import extract_text
from worker.steps.ports import Ports

from .cost_limit import Ahead, Allowance, Limit

_HOUR: Final = 3_600.0
_LEAST: Final = 8  # batches of a stretch
_STRETCHES: Final = 16  # of a document; 2,000 pages have 16 batches in each
_AT_ONCE: Final = 2  # stretches of a job: the second keeps workers busy while the first one comes to its end


class Extraction:
    """What `await extraction(ctx, ...)` needs is put together once, and its workflows must be known to workers."""

    def __init__(self, ports: Ports, group: str) -> None:
        """`group` has the slots for batches of pages."""

        @step(timeout=_HOUR, retry=PATIENT)  # four pages at most, and the survey of two thousand
        async def extract(job: DocumentJob, original: Original) -> Extracted:
            tell = partial(ports.progress.report_pages, job.job_id)
            return await extract_text(
                job, original, reader=ports.reader, store=ports.store, tell=tell, meter=ports.meter
            )

        @step(timeout=_HOUR, retry=PATIENT)
        async def read_pages(batch: Batch) -> Part:
            return await read_pages_of(
                batch, reader=ports.reader, store=ports.store, tell=ports.progress.report_batch, meter=ports.meter
            )

        @step(timeout=_HOUR, retry=PATIENT)
        async def gather_pages(stretch: Stretch, parts: tuple[Part, ...]) -> Part:
            return await gather_pages_of(stretch, parts, store=ports.store)

        @step(timeout=_HOUR, retry=PATIENT)
        async def join(job: DocumentJob, original: Original, split: Split, parts: tuple[Part, ...]) -> Text:
            return await join_pages(job, original, split, parts, store=ports.store, meter=ports.meter)

        @workflow(name=READ_BATCH, version=READ_BATCH_VERSION)
        async def read_batch(ctx: Context, batch: Batch) -> Part:
            with work_until(batch.until):
                return await run_with_durable_retries(ctx, read_pages, batch)

        @workflow(name=READ_STRETCH, version=READ_STRETCH_VERSION)
        async def read_stretch(ctx: Context, stretch: Stretch) -> Part:
            each = stretch.each()
            parts = await run_parts(ctx, read_batch, each, concurrency=len(each), group=group)
            with work_until(stretch.until):
                return await ctx.run(gather_pages, stretch, tuple(parts))

        self._limit: Final = Limit(ports)
        self._extract: Final = extract
        self._join: Final = join
        self._read_stretch: Final = read_stretch
        self.workflows: Final[list[Workflow[..., Any]]] = [read_batch, read_stretch]

    async def __call__(
        self, ctx: Context, job: DocumentJob, original: Original, may: Allowance
    ) -> tuple[Text, Allowance]:
        """Return where the text is, and what the job may still do: somebody may have raised its limit on the way."""
        with attribute_errors_to(Step.EXTRACT):
            return await self._extracted(ctx, job, original, may)

    async def _extracted(
        self, ctx: Context, job: DocumentJob, original: Original, may: Allowance
    ) -> tuple[Text, Allowance]:
        with work_until(may.until):
            extracted = await run_with_durable_retries(ctx, self._extract, job, original)
        if extracted.text:
            return extracted.text, may
        split = extracted.split
        assert split, "the step says one or the other"
        may = await self._limit(ctx, job, may, Ahead.recognition(split))
        page_usd = may.a_page(split.use.cost_usd, len(split.unread))
        wanted = stretches(job, original, split, may.until, page_usd=page_usd)
        with work_until(may.until):
            parts = await run_parts(ctx, self._read_stretch, wanted, concurrency=_AT_ONCE)
            return await ctx.run(self._join, job, original, split, tuple(parts)), may


def stretches(
    job: DocumentJob, original: Original, split: Split, until: float, *, page_usd: float | None = None
) -> list[Stretch]:
    """Divide the unread pages, so that nobody waits for more than sixteen others."""
    each = list(split_batches(split.unread))
    size = max(_LEAST, -(-len(each) // _STRETCHES))
    whole = Stretch(
        job_id=job.job_id,
        original=original,
        batches=tuple(each),
        until=until,
        password=job.document_password,
        page_usd=page_usd,
    )
    return [whole.model_copy(update={"batches": some}) for some in batched(each, size, strict=False)]
