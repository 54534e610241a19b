"""Extract: the text of every page, into the object store; of a long scan what it carries, and what is left to read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol

from contract.job import DocumentJob
from contract.names import job_prefix
from contract.parts import Extracted, Split, parts_prefix
from contract.result import MediaType, Original, Pages, PageText, Reference, Text
from worker.documents.pages import BATCH, Carried
from worker.store import Store
from worker.telling import TellPages

FEW: Final = BATCH  # pages that one child reads: to have them read elsewhere would not be faster


class ReadPages(Protocol):
    """Reads a file on this machine."""

    async def carried(self, file: Path, media_type: MediaType) -> Carried:
        """Return the text that is there, and which pages have none."""

    async def looked_at(self, file: Path, media_type: MediaType, pages: tuple[int, ...]) -> list[PageText]:
        """Return these pages, recognized by one child."""


async def extract_text(
    job: DocumentJob, original: Original, *, reader: ReadPages, store: Store, tell: TellPages
) -> Extracted:
    """Read the pages. What an earlier run has read of this very document and stored is not read again."""
    if reference := await store.find(text_key(job.job_id, original)):
        return Extracted(text=Text.of(reference, await written(reference, store)))
    async with at_hand(original, store) as file:
        carried = await reader.carried(file, original.media_type)
        tell(len(carried.layers), carried.pages)
        if len(carried.unread) > FEW:
            return Extracted(split=await _split(job, original, carried, store))
        seen = await reader.looked_at(file, original.media_type, carried.unread) if carried.unread else []
    tell(carried.pages, carried.pages)
    reading = carried.completed(seen)
    pages = Pages(pages=reading.pages, warnings=reading.warnings)
    return Extracted(text=await write_text(job.job_id, original, pages, store))


async def write_text(job_id: str, original: Original, pages: Pages, store: Store) -> Text:
    """Write all pages, unless they are there; say what is there."""
    reference = await store.create(text_key(job_id, original), pages.model_dump_json().encode())
    return Text.of(reference, await written(reference, store))


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


async def _split(job: DocumentJob, original: Original, carried: Carried, store: Store) -> Split:
    reading = carried.completed(())
    pages = Pages(pages=reading.pages, warnings=reading.warnings)
    key = f"{parts_prefix(job.job_id, original)}/carried.json"
    reference = await store.create(key, pages.model_dump_json().encode())
    return Split(pages=carried.pages, carried=reference, unread=carried.unread)
