"""The steps of a long document, called as plain functions: each may run twice, and joined pages are in order."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from copy import replace
from pathlib import Path

import pytest
from pydantic_core import to_json

from contract.codes import Code
from contract.job import DocumentJob, DocumentType
from contract.parts import Batches, Extracted, PagesRead, UnreadPages
from contract.reading import MediaType, Original, Pages, PageText, Reference, Text, TextSource
from contract.usage import Usage
from durable import MAX_RESULT_BYTES, JobError, PermanentError
from tests.worker.fake_ports import make_ports, run_step
from worker.adapters.object_store import Store
from worker.documents.survey import TextLayerScan
from worker.steps.extraction import ExtractionSteps
from worker.steps.ports import NoProgress
from worker.steps.stored_pages import load_pages
from worker.workflows.cost_limit import Allowance
from worker.workflows.extraction import request_batches

JOB = DocumentJob(job_id="job-1", document_url="https://example.com/a.pdf", requester_id="me", type=DocumentType.REPORT)
TEXT_LAYER_PAGE = PageText(number=2, text="it carries this", source=TextSource.TEXT_LAYER)
UNREAD_PAGES = (1, 3, 4, 5, 6)
USE = Usage(seconds=12_345.678, pages=8, input_tokens=123_456, output_tokens=12_345, cost_usd=12.345678)


class RecordingReader:
    """Returns made-up pages, and records which pages were read."""

    def __init__(self, error: Exception | None = None, layer_page: int = TEXT_LAYER_PAGE.number) -> None:
        self.batches: list[tuple[int, ...]] = []
        self.files: list[bytes] = []
        self.error = error
        self.layer = TEXT_LAYER_PAGE.model_copy(update={"number": layer_page})

    async def scan_text_layers(self, _file: Path, _media_type: MediaType, *, password: str | None) -> TextLayerScan:
        assert password == JOB.document_password
        unread = tuple(number for number in range(1, 7) if number != self.layer.number)
        return TextLayerScan(pages=6, layers=(self.layer,), unread=unread, repaired=True)

    async def recognize(
        self, file: Path, _media_type: MediaType, pages: tuple[int, ...], *, password: str | None
    ) -> list[PageText]:
        assert password == JOB.document_password
        self.batches.append(pages)
        self.files.append(await asyncio.to_thread(file.read_bytes))
        if self.error:
            raise self.error
        return make_pages(pages)


def make_pages(pages: Iterable[int]) -> list[PageText]:
    return [PageText(number=number, text=f"seen {number}", source=TextSource.OCR) for number in pages]


class RecordingProgress(NoProgress):
    """Records the reports of the steps."""

    def __init__(self) -> None:
        self.pages: list[tuple[int, int]] = []
        self.batches: list[tuple[str, int, int]] = []

    def report_pages(self, job_id: str, done: int, total: int) -> None:
        assert job_id == JOB.job_id
        self.pages.append((done, total))

    def report_batch(self, job_id: str, first: int, count: int) -> None:
        self.batches.append((job_id, first, count))


class StoredScan:
    """A store with a document, and the reported progress."""

    def __init__(self, store: Store) -> None:
        self.store = store
        reference = asyncio.run(store.create("jobs/job-1/original.pdf", b"%PDF-scan"))
        self.original = Original(reference=reference, media_type=MediaType.PDF)
        self.progress = RecordingProgress()

    def steps(self, reader: RecordingReader) -> ExtractionSteps:
        """Return the steps of a worker with this reader."""
        return ExtractionSteps(make_ports(self.store, reader=reader, progress=self.progress))

    def extract(self, reader: RecordingReader) -> UnreadPages:
        """Run the extract step; return the pages that are left to read."""
        found = run_step(self.steps(reader).extract, JOB, self.original).value
        assert isinstance(found, UnreadPages)
        return found

    def batch(self, *pages: int) -> Batches:
        """Return a request for one batch."""
        return Batches(job_id="job-1", original=self.original, batches=(pages,), until=0)

    def read(self, reader: RecordingReader, *pages: int) -> PagesRead:
        """Read one batch."""
        part = run_step(self.steps(reader).read_batch, self.batch(*pages))
        assert part.page_count == len(pages)
        return part

    def join(self, unread: UnreadPages, *parts: PagesRead) -> Text:
        """Join all pages, twice with the same outcome."""
        text, again = (
            run_step(self.steps(RecordingReader()).join, JOB, self.original, unread, parts) for _ in range(2)
        )
        assert text == again
        return text

    def pages(self, reference: Reference) -> Pages:
        """Return the stored pages."""
        return asyncio.run(load_pages(reference, self.store))


@pytest.fixture
def scan(store: Store) -> StoredScan:
    """A store of each kind."""
    return StoredScan(store)


def test_the_extract_step_reads_no_page_of_a_long_scan(scan: StoredScan) -> None:
    reader = RecordingReader()
    unread = scan.extract(reader)
    assert (unread.pages, unread.unread) == (6, UNREAD_PAGES)
    assert scan.progress.pages == [(1, 6)]
    assert reader.batches == []
    assert scan.pages(unread.text_pages).pages == (TEXT_LAYER_PAGE,)
    assert scan.extract(reader) == unread


def test_a_stored_batch_is_not_read_again(scan: StoredScan) -> None:
    """But it is reported again, because the first report may be lost."""
    reader = RecordingReader()
    first = scan.read(reader, 3, 4)
    assert [page.text for page in scan.pages(first.reference).pages] == ["seen 3", "seen 4"]
    assert scan.read(RecordingReader(RuntimeError("read again")), 3, 4) == first
    assert (reader.batches, reader.files) == ([(3, 4)], [b"%PDF-scan"])
    assert scan.progress.batches == [("job-1", 3, 2)] * 2


def test_all_pages_are_joined_in_order_with_the_documents_warnings(scan: StoredScan) -> None:
    unread = scan.extract(RecordingReader())
    text = scan.join(unread, scan.read(RecordingReader(), 5, 6), scan.read(RecordingReader(), 1, 3, 4))
    pages = scan.pages(text.reference).pages
    assert (text.page_count, [page.number for page in pages]) == (6, [1, 2, 3, 4, 5, 6])
    assert Counter(page.source for page in pages) == {TextSource.TEXT_LAYER: 1, TextSource.OCR: 5}
    [warning] = text.warnings
    assert "repaired" in warning


def test_a_second_extract_with_other_text_layers_refers_to_its_own_pages(scan: StoredScan) -> None:
    for number in (2, 6):
        unread = scan.extract(RecordingReader(layer_page=number))
        [text_page] = scan.pages(unread.text_pages).pages
        assert sorted((text_page.number, *unread.unread)) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("numbers", [(1, 3, 4, 5), (1, 3, 4, 5, 6, 6), (2, 3, 4, 5, 6)])
def test_missing_or_duplicate_pages_fail_the_join(scan: StoredScan, numbers: tuple[int, ...]) -> None:
    unread = scan.extract(RecordingReader())
    content = Pages(pages=tuple(make_pages(numbers))).model_dump_json().encode()
    reference = asyncio.run(scan.store.create("pages.json", content))
    with pytest.raises(PermanentError) as caught:
        scan.join(unread, PagesRead(reference=reference, page_count=len(numbers)))
    assert caught.value.code == Code.STORED_CHANGED


def test_an_unreadable_page_fails_all_batches(scan: StoredScan) -> None:
    """Batches that start later fail with the same error, and read no page."""
    with pytest.raises(PermanentError):
        scan.read(RecordingReader(PermanentError(Code.TOO_COMPLEX, "a bomb")), 1)
    others = RecordingReader()
    with pytest.raises(JobError) as caught:
        scan.read(others, 3, 4)
    assert (caught.value.code, caught.value.message, caught.value.retry) == (Code.TOO_COMPLEX, "a bomb", False)
    assert others.batches == []


def test_a_temporary_failure_stops_no_other_batch(scan: StoredScan) -> None:
    with pytest.raises(OSError, match="a network"):
        scan.read(RecordingReader(OSError("a network")), 1)
    assert scan.read(RecordingReader(), 3, 4).page_count == 2


@pytest.mark.parametrize(("unread", "batches"), [(5, 2), (12, 3), (63, 8), (500, 63), (2_000, 250)])
def test_the_batches_have_every_unread_page_once_in_order(scan: StoredScan, unread: int, batches: int) -> None:
    numbers = tuple(range(1, unread + 1))
    unread_pages = UnreadPages(pages=unread, text_pages=scan.original.reference, unread=numbers)
    request = request_batches(JOB, scan.original, unread_pages, Allowance(until=7.0))
    assert request.size == batches
    each = [one for some in request.split(6) for one in some.split(1)]
    assert tuple(number for one in each for number in one.batches[0]) == numbers
    assert {one.until for one in each} == {7.0}


def test_the_pages_of_several_batches_are_gathered_in_order(scan: StoredScan) -> None:
    """Twice, with the same outcome; the join takes them as it takes batches."""
    unread = scan.extract(RecordingReader())
    request = request_batches(JOB, scan.original, unread, Allowance(until=7.0))
    parts = tuple(scan.read(RecordingReader(), *one.batches[0]) for one in request.split(1))
    assert len(parts) == 2
    gathered, again = (run_step(scan.steps(RecordingReader()).gather_pages, request, parts) for _ in range(2))
    assert gathered == again
    assert gathered.page_count == 5
    assert gathered.usage == sum((part.usage for part in parts), Usage())
    text = scan.join(unread, gathered)
    assert [page.number for page in scan.pages(text.reference).pages] == [1, 2, 3, 4, 5, 6]
    assert text.usage.pages == 5


def test_no_checkpoint_of_twenty_thousand_pages_is_large() -> None:
    """Unread pages, the request of a group and the results are each below half of the limit."""
    job = replace(JOB, job_id="j" * 128)
    reference = Reference(key=f"jobs/{job.job_id}/pages-{'0' * 16}/00001-{'0' * 16}.json", size=10**8, sha256="0" * 64)
    original = Original(reference=reference, media_type=MediaType.PDF)
    unread = UnreadPages(pages=20_000, text_pages=reference, unread=tuple(range(1, 20_001)), usage=USE)
    groups = request_batches(job, original, unread, Allowance(until=1_800_000_000.123)).split(157)
    read = [PagesRead(reference=reference, page_count=1_250, usage=USE)]
    for checkpoint in (Extracted(value=unread), groups[-1], read * groups[0].size, read * len(groups)):
        assert len(to_json(checkpoint)) < MAX_RESULT_BYTES / 2
