"""A batch of pages of a long document: read wherever there is room, and put together with the others in the end."""

from collections.abc import Sequence

from contract.job import DocumentJob
from contract.parts import Batch, Part, Split, parts_prefix
from contract.result import Original, Pages, Text
from durable.errors import PermanentError, read_error
from worker.store import Store
from worker.telling import TellBatchOf

from .extract import ReadPages, at_hand, write_text, written


async def read_batch(batch: Batch, *, reader: ReadPages, store: Store, tell: TellBatchOf) -> Part:
    """Read the pages. A batch that was read is not read again, and none is for a document that cannot be read."""
    prefix = parts_prefix(batch.job_id, batch.original)
    key = f"{prefix}/{batch.pages[0]:05}-{len(batch.pages)}.json"
    reference = await store.find(key)
    if reference is None:
        await _stop_if_given_up(prefix, store)
        pages = await _read(batch, prefix, reader, store)
        reference = await store.create(key, pages.model_dump_json().encode())
    tell(batch.job_id, batch.pages[0], len(batch.pages))
    return Part(reference=reference, page_count=len(batch.pages))


async def join_pages(
    job: DocumentJob, original: Original, split: Split, parts: Sequence[Part], *, store: Store
) -> Text:
    """Write all pages in their order: those that carried text, and those that were read."""
    carried = await written(split.carried, store)
    pages = list(carried.pages)
    for part in parts:
        pages += (await written(part.reference, store)).pages
    pages.sort(key=lambda page: page.number)
    return await write_text(job.job_id, original, Pages(pages=tuple(pages), warnings=carried.warnings), store)


async def _read(batch: Batch, prefix: str, reader: ReadPages, store: Store) -> Pages:
    """Read them, or leave word that one page of the document is enough to fail it."""
    try:
        async with at_hand(batch.original, store) as file:
            return Pages(pages=tuple(await reader.looked_at(file, batch.original.media_type, batch.pages)))
    except PermanentError as exc:
        await store.create(_given_up(prefix), str(exc).encode())
        raise


async def _stop_if_given_up(prefix: str, store: Store) -> None:
    """Fail as another batch did: its job waits for those that have begun, so they should not take minutes."""
    if reference := await store.find(_given_up(prefix)):
        raise read_error((await store.read(reference)).decode())


def _given_up(prefix: str) -> str:
    return f"{prefix}/given-up.json"
