"""Pages in the object store, and a document as a local file."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from contract.job import DocumentJob
from contract.object_keys import job_prefix
from contract.reading import Original, Pages, Reference, Text
from contract.usage import Usage
from worker.adapters.object_store import Store
from worker.adapters.temporary_folder import temporary_folder

from .cost_checks import cost_of_analysis
from .ports import Ports


async def find_text(job: DocumentJob, original: Original, ports: Ports) -> Text | None:
    """Return the text of exactly this document if an earlier run stored it, or an earlier job that this job retries."""
    earlier = [_make_text_key(job_id, original) for job_id in job.earlier_jobs]
    reference = await find_pages(_make_text_key(job.job_id, original), earlier, ports.store)
    if reference is None:
        return None
    return _describe(job, reference, await load_pages(reference, ports.store), ports)


async def find_pages(key: str, earlier: Sequence[str], store: Store) -> Reference | None:
    """Return stored pages.

    Pages of an earlier job are copied, so that its erasure does not delete them; they cost nothing.
    """
    if reference := await store.find(key):
        return reference
    for other in earlier:
        if found := await store.find(other):
            pages = (await load_pages(found, store)).model_copy(update={"usage": Usage()})
            return await store.create(key, pages.model_dump_json().encode())
    return None


async def store_text(job: DocumentJob, original: Original, pages: Pages, ports: Ports) -> Text:
    """Store all pages unless they are stored already; return what is stored, with the usage of its run."""
    content = pages.model_dump_json().encode()
    reference = await ports.store.create(_make_text_key(job.job_id, original), content)
    if reference.sha256 != hashlib.sha256(content).hexdigest():
        pages = await load_pages(reference, ports.store)
    return _describe(job, reference, pages, ports)


async def store_pages(name: str, pages: Pages, store: Store) -> Reference:
    """Store pages under a name and their hash, so that runs with different results do not share an object."""
    content = pages.model_dump_json().encode()
    return await store.create(f"{name}-{hashlib.sha256(content).hexdigest()[:16]}.json", content)


async def load_pages(reference: Reference, store: Store) -> Pages:
    """Return pages as they were stored."""
    return Pages.model_validate_json(await store.read(reference))


@asynccontextmanager
async def local_copy(original: Original, store: Store) -> AsyncIterator[Path]:
    """Keep the document as a file on this machine."""
    async with temporary_folder("document-") as folder:
        file = folder / f"original.{original.media_type.extension}"
        await store.save(original.reference, file)
        yield file


def _describe(job: DocumentJob, reference: Reference, pages: Pages, ports: Ports) -> Text:
    return Text.of(reference, pages, cost_of_analysis(job, pages.pages, ports.meter.rates))


def _make_text_key(job_id: str, original: Original) -> str:
    return f"{job_prefix(job_id)}/text-{original.reference.sha256[:16]}.json"
