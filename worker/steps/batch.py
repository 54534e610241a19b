"""A batch of pages of a long document: read wherever there is room, and put together with the others in the end."""

from collections.abc import Awaitable, Callable, Sequence

from contract.codes import Code
from contract.job import DocumentJob
from contract.names import Step
from contract.parts import Batch, Part, Split, Stretch, parts_prefix
from contract.reading import Original, Pages, Text
from contract.use import Use
from durable import PermanentError
from worker.adapters.object_store import Store
from worker.costs.metering import METER, Meter, paying
from worker.costs.prices import Rates

from .cost_checks import check_page
from .extract import at_hand, write_pages, write_text, written
from .giving_up import unless_given_up
from .ports import ReadPages


async def read_batch(
    batch: Batch, *, reader: ReadPages, store: Store, tell: Callable[[str, int, int], None], meter: Meter = METER
) -> Part:
    """Read the pages. A batch that was read is not read again, and none is for a document that cannot be read."""
    prefix = parts_prefix(batch.job_id, batch.original)
    key = f"{prefix}/{batch.pages[0]:05}-{len(batch.pages)}.json"
    reference = await store.find(key)
    if reference is None:
        async with unless_given_up(prefix, store):
            pages = await _metered(batch, meter, _read(batch, reader, store, meter.rates))
        reference = await store.create(key, pages.model_dump_json().encode())
    tell(batch.job_id, batch.pages[0], len(batch.pages))
    return Part(reference=reference, page_count=len(batch.pages), use=(await written(reference, store)).use)


async def _metered(batch: Batch, meter: Meter, reading: Awaitable[Pages]) -> Pages:
    seconds = meter.started()
    with paying(batch.job_id, Step.EXTRACT, meter) as bill:
        pages = await reading
        bill.seen = len(pages.pages)
    cost = meter.rates.of_pages(bill.pages)
    return pages.model_copy(update={"use": Use(seconds=seconds(), pages=len(pages.pages), cost_usd=cost)})


async def gather_pages(stretch: Stretch, parts: Sequence[Part], *, store: Store) -> Part:
    """Write the pages of batches that follow each other into one object: a job is told of few."""
    found = [await written(part.reference, store) for part in parts]
    pages = Pages(
        pages=tuple(page for one in found for page in one.pages), use=sum((part.use for part in parts), Use())
    )
    name = f"{parts_prefix(stretch.job_id, stretch.original)}/stretch-{stretch.batches[0][0]:05}"
    return Part(reference=await write_pages(name, pages, store), page_count=len(pages.pages), use=pages.use)


async def join_pages(  # noqa: PLR0913 what it is made of is said by name
    job: DocumentJob, original: Original, split: Split, parts: Sequence[Part], *, store: Store, meter: Meter = METER
) -> Text:
    """Write all pages in their order: those that carried text, and those that were read, each of them once."""
    seconds = meter.started()
    carried = await written(split.carried, store)
    pages = list(carried.pages)
    for part in parts:
        pages += (await written(part.reference, store)).pages
    pages.sort(key=lambda page: page.number)
    if [page.number for page in pages] != list(range(1, split.pages + 1)):
        message = f"what is to be joined is not each of the document's {split.pages} pages once"
        raise PermanentError(Code.STORED_CHANGED, message)
    use = sum((part.use for part in parts), split.use) + Use(seconds=seconds())
    whole = Pages(pages=tuple(pages), warnings=carried.warnings, use=use)
    return await write_text(job, original, whole, store=store, rates=meter.rates)


async def _read(batch: Batch, reader: ReadPages, store: Store, rates: Rates) -> Pages:
    check_page(rates, batch.page_usd)
    async with at_hand(batch.original, store) as file:
        media_type, password = batch.original.media_type, batch.password
        return Pages(pages=tuple(await reader.recognize(file, media_type, batch.pages, password=password)))
