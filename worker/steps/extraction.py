"""The steps that read a document's pages: few in one step, many in batches that are then joined."""

from collections.abc import Awaitable
from typing import Final

from contract.codes import Code
from contract.job import DocumentJob
from contract.names import Step
from contract.parts import Batches, Extracted, PagesRead, UnreadPages, parts_prefix
from contract.reading import Original, Pages, Text
from contract.usage import Usage
from durable import PermanentError, step
from worker.costs.meter import meter_step
from worker.documents.document_reader import BATCH_PAGES
from worker.documents.survey import TextLayerScan
from worker.durations import HOUR
from worker.providers.retries import STEP_RETRY

from .cost_checks import check_page, cost_of_pages
from .fail_together import fail_together
from .ports import Ports
from .stored_pages import find_pages, find_text, load_pages, local_copy, store_pages, store_text


class ExtractionSteps:
    """The steps of the extraction; `ports` is their access to the outside."""

    def __init__(self, ports: Ports) -> None:
        self._ports: Final = ports

    @step(timeout=HOUR, retry=STEP_RETRY)  # OCR of four pages, and the survey of two thousand
    async def extract(self, job: DocumentJob, original: Original) -> Extracted:
        """Read the document, unless an earlier run stored its text; leave pages to batches if they are too many."""
        ports = self._ports
        if text := await find_text(job, original, ports):
            return Extracted(value=text)
        seconds = ports.meter.stopwatch()
        async with local_copy(original, ports.store) as file:
            scan = await ports.reader.scan_text_layers(file, original.media_type, password=job.document_password)
            ports.progress.report_pages(job.job_id, len(scan.layers), scan.pages)
            # One child process reads up to BATCH_PAGES pages; batches would not be faster.
            if scan.unread and (len(scan.unread) > BATCH_PAGES or cost_of_pages(job, 1, ports.meter.rates)):
                return Extracted(value=await self._leave_unread(job, original, scan, seconds()))
            with meter_step(job.job_id, Step.EXTRACT, ports.meter) as bill:
                recognized = (
                    await ports.reader.recognize(file, original.media_type, scan.unread, password=job.document_password)
                    if scan.unread
                    else []
                )
                bill.recognized = len(recognized)
        ports.progress.report_pages(job.job_id, scan.pages, scan.pages)
        reading = scan.with_pages(recognized)
        usage = Usage(seconds=seconds(), pages=len(recognized), cost_usd=ports.meter.rates.of_pages(bill.pages))
        pages = Pages(pages=reading.pages, warnings=reading.warnings, usage=usage)
        return Extracted(value=await store_text(job, original, pages, ports))

    @step(timeout=HOUR, retry=STEP_RETRY)
    async def read_batch(self, batch: Batches) -> PagesRead:
        """Read one batch, unless an earlier run read it or another batch failed permanently."""
        ports, [pages] = self._ports, batch.batches
        prefix = parts_prefix(batch.job_id, batch.original)
        key = f"{prefix}/{pages[0]:05}-{len(pages)}.json"
        earlier = [f"{parts_prefix(job, batch.original)}/{pages[0]:05}-{len(pages)}.json" for job in batch.earlier_jobs]
        reference = await find_pages(key, earlier, ports.store)
        if reference is None:
            async with fail_together(prefix, ports.store):
                read = await self._meter(batch.job_id, self._recognize(batch, pages))
            reference = await ports.store.create(key, read.model_dump_json().encode())
        ports.progress.report_batch(batch.job_id, pages[0], len(pages))
        usage = (await load_pages(reference, ports.store)).usage
        return PagesRead(reference=reference, page_count=len(pages), usage=usage)

    @step(timeout=HOUR, retry=STEP_RETRY)
    async def gather_pages(self, batches: Batches, parts: tuple[PagesRead, ...]) -> PagesRead:
        """Store the pages of several batches as one object, so that the job handles few."""
        store = self._ports.store
        read = [await load_pages(part.reference, store) for part in parts]
        pages = Pages(
            pages=tuple(page for some in read for page in some.pages),
            usage=sum((part.usage for part in parts), Usage()),
        )
        name = f"{parts_prefix(batches.job_id, batches.original)}/batches-{batches.batches[0][0]:05}"
        reference = await store_pages(name, pages, store)
        return PagesRead(reference=reference, page_count=len(pages.pages), usage=pages.usage)

    @step(timeout=HOUR, retry=STEP_RETRY)
    async def join(
        self, job: DocumentJob, original: Original, unread: UnreadPages, parts: tuple[PagesRead, ...]
    ) -> Text:
        """Store all pages in order: those with a text layer and those read with OCR."""
        ports = self._ports
        seconds = ports.meter.stopwatch()
        with_text = await load_pages(unread.text_pages, ports.store)
        pages = list(with_text.pages)
        for part in parts:
            pages += (await load_pages(part.reference, ports.store)).pages
        pages.sort(key=lambda page: page.number)
        if [page.number for page in pages] != list(range(1, unread.pages + 1)):
            message = f"the parts to join are not exactly the document's {unread.pages} pages"
            raise PermanentError(Code.STORED_CHANGED, message)
        usage = sum((part.usage for part in parts), unread.usage) + Usage(seconds=seconds())
        whole = Pages(pages=tuple(pages), warnings=with_text.warnings, usage=usage)
        return await store_text(job, original, whole, ports)

    async def _leave_unread(
        self, job: DocumentJob, original: Original, scan: TextLayerScan, seconds: float
    ) -> UnreadPages:
        reading = scan.with_pages(())
        pages = Pages(pages=reading.pages, warnings=reading.warnings)
        name = f"{parts_prefix(job.job_id, original)}/text-pages"
        return UnreadPages(
            pages=scan.pages,
            text_pages=await store_pages(name, pages, self._ports.store),
            unread=scan.unread,
            usage=Usage(seconds=seconds),
            next_usd=cost_of_pages(job, len(scan.unread), self._ports.meter.rates),
        )

    async def _recognize(self, batch: Batches, numbers: tuple[int, ...]) -> Pages:
        check_page(self._ports.meter.rates, batch.page_usd)
        async with local_copy(batch.original, self._ports.store) as file:
            media_type, password = batch.original.media_type, batch.password
            pages = await self._ports.reader.recognize(file, media_type, numbers, password=password)
        return Pages(pages=tuple(pages))

    async def _meter(self, job_id: str, reading: Awaitable[Pages]) -> Pages:
        meter = self._ports.meter
        seconds = meter.stopwatch()
        with meter_step(job_id, Step.EXTRACT, meter) as bill:
            pages = await reading
            bill.recognized = len(pages.pages)
        cost = meter.rates.of_pages(bill.pages)
        return pages.model_copy(update={"usage": Usage(seconds=seconds(), pages=len(pages.pages), cost_usd=cost)})
