"""Extract: the text of every page, into the object store; of a long scan what it carries, and what is left to read."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from contract.job import DocumentJob
from contract.names import Step, job_prefix
from contract.parts import Extracted, Split, parts_prefix
from contract.reading import Original, Pages, PageText, Reference, Text
from contract.use import Use
from worker.adapters.object_store import Store
from worker.costs.metering import METER, Meter, paying
from worker.costs.prices import Rates
from worker.documents.document_reader import BATCH_PAGES
from worker.documents.survey import TextLayerScan

from .cost_checks import cost_of_analysis, cost_of_pages
from .ports import ReadPages

type TellPages = Callable[[int, int], None]  # pages that are read, of all pages

FEW: Final = BATCH_PAGES  # pages that one child reads: to have them read elsewhere would not be faster


async def extract_text(  # noqa: PLR0913 what it reaches is said by name
    job: DocumentJob,
    original: Original,
    *,
    reader: ReadPages,
    store: Store,
    tell: TellPages,
    meter: Meter = METER,
) -> Extracted:
    """Read the pages. What an earlier run has read of this very document and stored is not read again."""
    if reference := await store.find(text_key(job.job_id, original)):
        return Extracted(text=_text(job, reference, await written(reference, store), meter.rates))
    seconds = meter.started()
    async with at_hand(original, store) as file:
        carried = await reader.scan_text_layers(file, original.media_type, password=job.document_password)
        tell(len(carried.layers), carried.pages)
        if carried.unread and (len(carried.unread) > FEW or cost_of_pages(job, 1, meter.rates)):
            split = await _split(job, original, carried, store)
            ahead = cost_of_pages(job, len(carried.unread), meter.rates)
            found = {"use": Use(seconds=seconds()), "ahead_usd": ahead}
            return Extracted(split=split.model_copy(update=found))
        with paying(job.job_id, Step.EXTRACT, meter) as bill:
            seen = await _seen(job, original, carried, reader, file)
            bill.seen = len(seen)
    tell(carried.pages, carried.pages)
    reading = carried.with_pages(seen)
    use = Use(seconds=seconds(), pages=len(seen), cost_usd=meter.rates.of_pages(bill.pages))
    pages = Pages(pages=reading.pages, warnings=reading.warnings, use=use)
    return Extracted(text=await write_text(job, original, pages, store=store, rates=meter.rates))


async def write_text(job: DocumentJob, original: Original, pages: Pages, *, store: Store, rates: Rates) -> Text:
    """Write all pages, unless they are there; say what is there, and what whoever wrote it had taken for it."""
    reference = await store.create(text_key(job.job_id, original), pages.model_dump_json().encode())
    return _text(job, reference, await written(reference, store), rates)


async def write_pages(name: str, pages: Pages, store: Store) -> Reference:
    """Write some of the pages under a name and their hash: another run that has seen others refers to its own."""
    content = pages.model_dump_json().encode()
    return await store.create(f"{name}-{hashlib.sha256(content).hexdigest()[:16]}.json", content)


async def pages_at(reference: Reference, store: Store) -> tuple[PageText, ...]:
    """Return the pages that lie in the store."""
    return (await written(reference, store)).pages


async def written(reference: Reference, store: Store) -> Pages:
    """Return pages as they were written."""
    return Pages.model_validate_json(await store.read(reference))


@asynccontextmanager
async def at_hand(original: Original, store: Store) -> AsyncIterator[Path]:
    """Keep the document as a file on this machine."""
    folder = await asyncio.to_thread(TemporaryDirectory, prefix="document-")
    with folder:
        file = Path(folder.name) / f"original.{original.media_type.extension}"
        await store.save(original.reference, file)
        yield file


def text_key(job_id: str, original: Original) -> str:
    """Where the text of a document lies."""
    return f"{job_prefix(job_id)}/text-{original.reference.sha256[:16]}.json"


def _text(job: DocumentJob, reference: Reference, pages: Pages, rates: Rates) -> Text:
    text = Text.of(reference, pages)
    return text.model_copy(update={"ahead_usd": cost_of_analysis(job, pages.pages, rates)})


async def _seen(
    job: DocumentJob, original: Original, carried: TextLayerScan, reader: ReadPages, file: Path
) -> list[PageText]:
    if not carried.unread:
        return []
    return await reader.recognize(file, original.media_type, carried.unread, password=job.document_password)


async def _split(job: DocumentJob, original: Original, carried: TextLayerScan, store: Store) -> Split:
    reading = carried.with_pages(())
    pages = Pages(pages=reading.pages, warnings=reading.warnings)
    reference = await write_pages(f"{parts_prefix(job.job_id, original)}/carried", pages, store)
    return Split(pages=carried.pages, carried=reference, unread=carried.unread)
