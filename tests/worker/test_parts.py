"""The steps of a long document as plain functions: each may run twice, anywhere, and what is joined is in order."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest
from pydantic_core import to_json

from contract.codes import Code
from contract.job import DocumentJob, DocumentType
from contract.parts import Batch, Extracted, Part, Split
from contract.reading import MediaType, Original, Pages, PageText, Reference, TextSource
from contract.use import Use
from durable import MAX_RESULT_BYTES, JobError, PermanentError
from worker.adapters.object_store import Store
from worker.costs.metering import Meter
from worker.documents.survey import TextLayerScan
from worker.steps.batch import gather_pages, join_pages, read_batch
from worker.steps.extract import extract_text, pages_at
from worker.workflows.extraction import stretches

JOB = DocumentJob(job_id="job-1", document_url="https://example.com/a.pdf", requester_id="me", type=DocumentType.REPORT)
LAYER = PageText(number=2, text="it carries this", source=TextSource.TEXT_LAYER)
UNREAD = (1, 3, 4, 5, 6)
USE = Use(seconds=12_345.678, pages=8, input_tokens=123_456, output_tokens=12_345, cost_usd=12.345678)


class Eyes:
    """See pages, and remember which."""

    def __init__(self, error: Exception | None = None, carries: int = LAYER.number) -> None:
        self.seen: list[tuple[int, ...]] = []
        self.files: list[bytes] = []
        self.error = error
        self.layer = LAYER.model_copy(update={"number": carries})

    async def scan_text_layers(self, _file: Path, _media_type: MediaType, *, password: str | None) -> TextLayerScan:
        assert password == JOB.document_password
        unread = tuple(number for number in range(1, 7) if number != self.layer.number)
        return TextLayerScan(pages=6, layers=(self.layer,), unread=unread, repaired=True)

    async def recognize(
        self, file: Path, _media_type: MediaType, pages: tuple[int, ...], *, password: str | None
    ) -> list[PageText]:
        assert password == JOB.document_password
        self.seen.append(pages)
        self.files.append(await asyncio.to_thread(file.read_bytes))
        if self.error:
            raise self.error
        return seen(pages)


def seen(pages: Iterable[int]) -> list[PageText]:
    return [PageText(number=number, text=f"seen {number}", source=TextSource.OCR) for number in pages]


class Desk:
    """A store with a document, and what was told of it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        reference = asyncio.run(store.create("jobs/job-1/original.pdf", b"%PDF-scan"))
        self.original = Original(reference=reference, media_type=MediaType.PDF)
        self.told: list[tuple[str, int, int]] = []

    def split(self, eyes: Eyes) -> tuple[Split, list[tuple[int, int]]]:
        """Return how the document is split, and what was told of it."""
        told: list[tuple[int, int]] = []
        still = Meter(now=lambda: 0.0)

        def tell(done: int, of: int) -> None:
            told.append((done, of))

        extracting = extract_text(JOB, self.original, reader=eyes, store=self.store, tell=tell, meter=still)
        extracted = asyncio.run(extracting)
        assert extracted.text is None
        assert extracted.split
        return extracted.split, told

    def read(self, eyes: Eyes, *pages: int) -> Pages:
        """Return what is stored of a batch that was read."""
        batch = Batch(job_id="job-1", original=self.original, pages=pages, until=0)
        part = asyncio.run(read_batch(batch, reader=eyes, store=self.store, tell=lambda *it: self.told.append(it)))
        assert part.page_count == len(pages)
        return Pages.model_validate_json(asyncio.run(self.store.read(part.reference)))


@pytest.fixture
def desk(store: Store) -> Desk:
    """A store of each kind."""
    return Desk(store)


def test_a_document_with_much_to_read_is_split_and_none_of_it_is_looked_at(desk: Desk) -> None:
    eyes = Eyes()
    split, told = desk.split(eyes)
    assert (split.pages, split.unread) == (6, UNREAD)
    assert told == [(1, 6)]
    assert eyes.seen == []
    assert asyncio.run(pages_at(split.carried, desk.store)) == (LAYER,)
    assert desk.split(eyes)[0] == split


def test_a_batch_that_was_read_is_not_read_again(desk: Desk) -> None:
    """But it is told again: the first time, nobody may have heard."""
    eyes = Eyes()
    first = desk.read(eyes, 3, 4)
    assert [page.text for page in first.pages] == ["seen 3", "seen 4"]
    assert desk.read(Eyes(RuntimeError("looked again")), 3, 4) == first
    assert (eyes.seen, eyes.files) == ([(3, 4)], [b"%PDF-scan"])
    assert desk.told == [("job-1", 3, 2)] * 2


def test_all_pages_are_joined_in_order_with_what_is_to_be_said_of_them(desk: Desk) -> None:
    split, _ = desk.split(Eyes())

    async def join() -> tuple[tuple[int, ...], tuple[str, ...]]:
        parts = []
        for pages in ((5, 6), (1, 3, 4)):  # whichever comes first
            batch = Batch(job_id="job-1", original=desk.original, pages=pages, until=0)
            parts.append(await read_batch(batch, reader=Eyes(), store=desk.store, tell=lambda *_: None))
        texts = [await join_pages(JOB, desk.original, split, parts, store=desk.store) for _ in range(2)]
        assert texts[0] == texts[1]
        assert (texts[0].page_count, texts[0].from_text_layer, texts[0].from_ocr) == (6, 1, 5)
        return tuple(page.number for page in await pages_at(texts[0].reference, desk.store)), texts[0].warnings

    numbers, warnings = asyncio.run(join())
    assert numbers == (1, 2, 3, 4, 5, 6)
    assert len(warnings) == 1
    assert "repaired" in warnings[0]


def test_a_second_survey_that_found_other_pages_refers_to_its_own(desk: Desk) -> None:
    for number in (2, 6):
        split, _ = desk.split(Eyes(carries=number))
        [carried] = asyncio.run(pages_at(split.carried, desk.store))
        assert sorted((carried.number, *split.unread)) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("numbers", [(1, 3, 4, 5), (1, 3, 4, 5, 6, 6), (2, 3, 4, 5, 6)])
def test_pages_that_are_missing_or_doubled_are_no_text(desk: Desk, numbers: tuple[int, ...]) -> None:
    split, _ = desk.split(Eyes())

    async def join() -> None:
        reference = await desk.store.create("pages.json", Pages(pages=tuple(seen(numbers))).model_dump_json().encode())
        part = Part(reference=reference, page_count=len(numbers))
        await join_pages(JOB, desk.original, split, [part], store=desk.store)

    with pytest.raises(PermanentError) as caught:
        asyncio.run(join())
    assert caught.value.code == Code.STORED_CHANGED


def test_a_page_that_nobody_can_read_is_enough(desk: Desk) -> None:
    """Batches that begin later fail as that one did, and cost nothing."""
    with pytest.raises(PermanentError):
        desk.read(Eyes(PermanentError(Code.TOO_COMPLEX, "a bomb")), 1)
    others = Eyes()
    with pytest.raises(JobError) as caught:
        desk.read(others, 3, 4)
    assert (caught.value.code, caught.value.message, caught.value.retry) == (Code.TOO_COMPLEX, "a bomb", False)
    assert others.seen == []


def test_what_may_pass_stops_no_other_batch(desk: Desk) -> None:
    with pytest.raises(OSError, match="a network"):
        desk.read(Eyes(OSError("a network")), 1)
    assert len(desk.read(Eyes(), 3, 4).pages) == 2


@pytest.mark.parametrize(
    ("unread", "expected"), [(5, [2]), (12, [3]), (63, [8]), (500, [8] * 7 + [7]), (2_000, [16] * 15 + [10])]
)
def test_nothing_of_a_document_has_more_than_sixteen_parts(desk: Desk, unread: int, expected: list[int]) -> None:
    split = Split(pages=unread, carried=desk.original.reference, unread=tuple(range(1, unread + 1)))
    found = stretches(JOB, desk.original, split, 7.0)
    assert [len(one.batches) for one in found] == expected
    numbers = [number for one in found for batch in one.each() for number in batch.pages]
    assert tuple(numbers) == split.unread
    assert {batch.until for one in found for batch in one.each()} == {7.0}


def test_pages_of_a_stretch_are_gathered_in_order_and_told_of_as_one(desk: Desk) -> None:
    """Twice, with the same outcome; and what is joined of them is what would be joined of the batches."""
    split, _ = desk.split(Eyes())
    [stretch] = stretches(JOB, desk.original, split, 7.0)

    async def read() -> tuple[list[Part], Part]:
        parts = [
            await read_batch(batch, reader=Eyes(), store=desk.store, tell=lambda *_: None) for batch in stretch.each()
        ]
        gathered = [await gather_pages(stretch, parts, store=desk.store) for _ in range(2)]
        assert gathered[0] == gathered[1]
        return parts, gathered[0]

    parts, gathered = asyncio.run(read())
    assert len(parts) == 2
    assert gathered.page_count == 5
    assert gathered.use == sum((part.use for part in parts), Use())
    text = asyncio.run(join_pages(JOB, desk.original, split, [gathered], store=desk.store))
    assert [page.number for page in asyncio.run(pages_at(text.reference, desk.store))] == [1, 2, 3, 4, 5, 6]
    assert text.use.pages == 5


def test_no_checkpoint_of_twenty_thousand_pages_is_large() -> None:
    """Of what is left to read, of a stretch while it is read, of what each of them gives: half of what may be."""
    job = JOB.model_copy(update={"job_id": "j" * 128})
    place = Reference(key=f"jobs/{job.job_id}/pages-{'0' * 16}/00001-{'0' * 16}.json", size=10**8, sha256="0" * 64)
    original = Original(reference=place, media_type=MediaType.PDF)
    split = Split(pages=20_000, carried=place, unread=tuple(range(1, 20_001)), use=USE)
    asked = stretches(job, original, split, 1_800_000_000.123)
    read = [Part(reference=place, page_count=1_250, use=USE)]
    for checkpoint in (Extracted(split=split), asked[-1], read * len(asked[0].batches), read * len(asked)):
        assert len(to_json(checkpoint)) < MAX_RESULT_BYTES / 2
