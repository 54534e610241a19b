"""A retry uses the pages that an earlier execution has read of the same document, and reads no page twice."""

import asyncio
from copy import replace
from pathlib import Path

import pytest

from contract.job import DocumentJob
from contract.object_keys import job_prefix
from contract.parts import Batches, Extracted, PagesRead
from contract.reading import MediaType, Original, PageText, Text
from contract.usage import Usage
from tests.worker.certified import ReaderOfScans
from tests.worker.documents import make_pdf
from tests.worker.fake_ports import NotGivenError, make_ports, run_step
from worker.adapters.object_store import Store
from worker.documents.survey import TextLayerScan
from worker.steps.extraction import ExtractionSteps
from worker.steps.stored_pages import load_pages


class BlindReader:
    """Fails whatever it is asked to read."""

    async def scan_text_layers(self, file: Path, _media_type: MediaType, *, password: str | None) -> TextLayerScan:
        """Fail."""
        raise NotGivenError(file, password)

    async def recognize(
        self, file: Path, _media_type: MediaType, _pages: tuple[int, ...], *, password: str | None
    ) -> list[PageText]:
        """Fail."""
        raise NotGivenError(file, password)

    async def draw(self, file: Path, _media_type: MediaType, _number: int, *, password: str | None) -> bytes | None:
        """Fail."""
        raise NotGivenError(file, password)


FIRST_JOB = DocumentJob(job_id="first", document_url="https://example.org/a.pdf", requester_id="ada")
RETRY_JOB = replace(FIRST_JOB, job_id="first-retry-1", earlier_jobs=("first",))
READER, BLIND = ReaderOfScans(unread=2), BlindReader()


def steps(store: Store, reader: ReaderOfScans | BlindReader = READER) -> ExtractionSteps:
    return ExtractionSteps(make_ports(store, reader=reader))


def store_original(store: Store, job: DocumentJob, content: bytes) -> Original:
    reference = asyncio.run(store.create(f"{job_prefix(job.job_id)}/original.pdf", content))
    return Original(reference=reference, media_type=MediaType.PDF)


def extract(store: Store, job: DocumentJob, original: Original, reader: ReaderOfScans | BlindReader = READER) -> Text:
    extracted: Extracted = run_step(steps(store, reader).extract, job, original)
    assert isinstance(extracted.value, Text)
    return extracted.value


def test_a_text_is_copied_and_costs_nothing(store: Store) -> None:
    document = make_pdf("a page")
    first = extract(store, FIRST_JOB, store_original(store, FIRST_JOB, document))
    original = store_original(store, RETRY_JOB, document)
    retried = extract(store, RETRY_JOB, original, BLIND)
    assert retried.reference.key.startswith(f"{job_prefix(RETRY_JOB.job_id)}/")
    assert (retried.page_count, retried.usage) == (first.page_count, Usage())
    before, after = (asyncio.run(load_pages(one.reference, store)).pages for one in (first, retried))
    assert after == before
    assert extract(store, RETRY_JOB, original, BLIND) == retried


def test_another_document_at_the_same_address_is_read(store: Store) -> None:
    extract(store, FIRST_JOB, store_original(store, FIRST_JOB, make_pdf("a page")))
    original = store_original(store, RETRY_JOB, make_pdf("another page"))
    with pytest.raises(NotGivenError):
        extract(store, RETRY_JOB, original, BLIND)


def test_a_batch_of_pages_is_copied(store: Store) -> None:
    """Of a job that failed before all its batches were read."""
    document = make_pdf("a page")

    def read(job: DocumentJob, reader: ReaderOfScans | BlindReader) -> PagesRead:
        original = store_original(store, job, document)
        batch = Batches(
            job_id=job.job_id, original=original, batches=((2, 3),), until=0.0, earlier_jobs=job.earlier_jobs
        )
        return run_step(steps(store, reader).read_batch, batch)

    first, retried = read(FIRST_JOB, READER), read(RETRY_JOB, BLIND)
    assert retried.reference.key.startswith(f"{job_prefix(RETRY_JOB.job_id)}/")
    assert (retried.page_count, retried.usage) == (first.page_count, Usage())
    with pytest.raises(NotGivenError):
        read(replace(RETRY_JOB, job_id="unrelated", earlier_jobs=()), BLIND)
