"""A long document that its recognition fetches and reads as a whole. What it leaves out is read as other pages are."""

from functools import partial

from contract.job import DocumentJob
from contract.names import Step
from contract.parts import Extracted, Split, parts_prefix
from contract.reading import Original, Pages, PageText
from contract.use import Use
from worker.costs.ahead import check_page, cost_of_pages
from worker.costs.metering import METER, Meter, paying
from worker.documents.recognition import ReadWhole, UnfitError
from worker.store import Store

from .extract import at_hand, write_pages, write_text, written


async def read_whole(  # noqa: PLR0913 what it reaches is said by name
    job: DocumentJob,
    original: Original,
    split: Split,
    *,
    whole: ReadWhole | None,
    store: Store,
    meter: Meter = METER,
    page_usd: float | None = None,
) -> Extracted:
    """Have it read, and return its text or what is left to read. A second run finds what the first has paid for."""
    seconds = meter.started()
    carried = await written(split.carried, store)
    if whole:
        check_page(meter.rates, page_usd)
    with paying(job.job_id, Step.EXTRACT, meter) as bill:
        seen, warnings = await _seen(original, split, whole, store)
        bill.seen = len(seen)
    use = Use(seconds=seconds(), pages=len(seen), cost_usd=meter.rates.of_pages(bill.pages)) + split.use
    numbers = {page.number for page in seen}
    missing = tuple(number for number in split.unread if number not in numbers)
    pages = Pages(
        pages=tuple(sorted((*carried.pages, *seen), key=lambda page: page.number)),
        warnings=(*carried.warnings, *warnings),
    )
    if not missing:
        whole_text = pages.model_copy(update={"use": use})
        return Extracted(text=await write_text(job, original, whole_text, store=store, rates=meter.rates))
    reference = await write_pages(f"{parts_prefix(job.job_id, original)}/whole", pages, store)
    ahead = cost_of_pages(job, len(missing), meter.rates)
    left = Split(pages=split.pages, carried=reference, unread=missing, use=use, ahead_usd=ahead)
    return Extracted(split=left)


async def _seen(
    original: Original, split: Split, whole: ReadWhole | None, store: Store
) -> tuple[list[PageText], tuple[str, ...]]:
    if whole is None:
        return [], ()  # whoever found that it suits had other settings than this worker
    try:
        return await whole.read(original, split.unread, partial(at_hand, original, store)), ()
    except UnfitError as exc:
        return [], (f"the document could not be read as a whole, so its pages were read one by one: {exc}"[:300],)
