"""Extract: the text of every page, into the object store."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from contract.job import DocumentJob
from contract.names import job_prefix
from contract.result import MediaType, Original, Pages, PageText, Reference, Text
from worker.documents.pages import Reading
from worker.store import Store
from worker.telling import TellPages

type ReadPages = Callable[[Path, MediaType, TellPages], Awaitable[Reading]]


async def extract_text(
    job: DocumentJob, original: Original, *, read_pages: ReadPages, store: Store, tell: TellPages
) -> Text:
    """Read the pages. What an earlier run has read of this very document and stored is not read again."""
    key = f"{job_prefix(job.job_id)}/text-{original.reference.sha256[:16]}.json"
    reference = await store.find(key)
    if reference is None:
        reading = await _read(original, read_pages, store, tell)
        written = Pages(pages=reading.pages, warnings=reading.warnings)
        reference = await store.create(key, written.model_dump_json().encode())
    return Text.of(reference, await _written(reference, store))


async def pages_at(reference: Reference, store: Store) -> tuple[PageText, ...]:
    """Return the pages that lie in the store."""
    return (await _written(reference, store)).pages


async def _written(reference: Reference, store: Store) -> Pages:
    return Pages.model_validate_json(await store.read(reference))


async def _read(original: Original, read_pages: ReadPages, store: Store, tell: TellPages) -> Reading:
    folder = await asyncio.to_thread(TemporaryDirectory, prefix="document-")
    with folder:
        file = Path(folder.name) / f"original.{original.media_type.extension}"
        await store.save(original.reference, file)
        return await read_pages(file, original.media_type, tell)
