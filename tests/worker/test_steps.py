"""Each step may run twice: the second run returns the value of the first, and stores nothing twice."""

import asyncio
import json
from collections import Counter
from pathlib import Path

from contract.analysis import Analysis, Evidence, Finding
from contract.job import DocumentJob, DocumentType
from contract.parts import Extracted
from contract.reading import MediaType, Original, Pages, PageText, Reference, Text, TextSource
from contract.result import DocumentResult, StoredResult
from contract.usage import Usage
from tests.worker.fake_ports import make_ports, run_step
from worker.adapters.object_store import Store
from worker.documents.survey import TextLayerScan
from worker.steps.analysis import AnalysisSteps
from worker.steps.document import DocumentSteps
from worker.steps.extraction import ExtractionSteps
from worker.steps.stored_pages import load_pages

PAGES = (
    PageText(number=1, text="Total EUR 12.00", source=TextSource.TEXT_LAYER),
    PageText(number=2, text="blurred", source=TextSource.OCR, confidence=0.7),
    PageText(number=3, text="", source=TextSource.OCR),
)
ANALYSIS = Analysis(
    analyzer="by hand",
    summary="It costs twelve.",
    findings=(
        Finding(field="amount", value=12.0, evidence=Evidence(page=1, quote="Total EUR 12.00")),
        Finding(field="metrics.revenue", value=5.0, evidence=Evidence(page=1, quote="Revenue 5")),
        Finding(field="metrics.orders", value=7.0, evidence=Evidence(page=2, quote="Orders 7")),
        Finding(field="parties", value=("A", "B"), evidence=Evidence(page=2, quote="between A and B")),
    ),
    warnings=("page 3 has no text",),
    usage=Usage(seconds=1.5, input_tokens=100, output_tokens=20, cost_usd=0.02),
)
LETTER = Original(
    reference=Reference(key="letter", size=0, sha256=""), media_type=MediaType.DOCX, usage=Usage(seconds=0.25)
)
USAGES = {"download": LETTER.usage, "extract": Usage(), "analyze": ANALYSIS.usage}


def usage_of(usage: Usage) -> dict[str, float]:
    return {
        "seconds": usage.seconds, "pages": 0, "inputTokens": usage.input_tokens, "outputTokens": usage.output_tokens,
        "costUsd": usage.cost_usd,
    }  # fmt: skip


class FakeReader:
    """Reads every file as these pages, and records the calls."""

    def __init__(self, pages: tuple[PageText, ...] = PAGES, *, repaired: bool = False) -> None:
        self.pages = pages
        self.repaired = repaired
        self.files: list[bytes] = []
        self.batches: list[tuple[int, ...]] = []

    async def scan_text_layers(self, file: Path, media_type: MediaType, *, password: str | None) -> TextLayerScan:
        assert password is None
        assert file.suffix == f".{media_type.extension}"
        self.files.append(await asyncio.to_thread(file.read_bytes))
        layers = tuple(page for page in self.pages if page.source is TextSource.TEXT_LAYER)
        unread = tuple(page.number for page in self.pages if page.source is TextSource.OCR)
        return TextLayerScan(pages=len(self.pages), layers=layers, unread=unread, repaired=self.repaired)

    async def recognize(
        self, _file: Path, _media_type: MediaType, pages: tuple[int, ...], *, password: str | None
    ) -> list[PageText]:
        assert password is None
        self.batches.append(pages)
        return [page for page in self.pages if page.number in pages]


class FakeAnalyzer:
    """Returns the same analysis for every document, and records the calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[PageText, ...]]] = []

    async def __call__(self, kind: str, pages: tuple[PageText, ...]) -> Analysis:
        self.calls.append((kind, pages))
        return ANALYSIS.model_copy(update={"warnings": ()})


def store_text(store: Store) -> Text:
    """Store the text as the extract step does; return its reference."""
    text = Pages(pages=PAGES)
    return Text.of(asyncio.run(store.create("jobs/job-1/text.json", text.model_dump_json().encode())), text)


def extract(job: DocumentJob, original: Original, reader: FakeReader, store: Store) -> Text:
    """Run the extract step for a document that it reads completely."""
    found = run_step(ExtractionSteps(make_ports(store, reader=reader)).extract, job, original).value
    assert isinstance(found, Text)
    return found


def test_a_second_extract_returns_the_first_text(store: Store, job: DocumentJob) -> None:
    original = Original(
        reference=asyncio.run(store.create("jobs/job-1/original.pdf", b"%PDF")), media_type=MediaType.PDF
    )
    reader = FakeReader()
    first = extract(job, original, reader, store)
    sources = Counter(page.source for page in asyncio.run(load_pages(first.reference, store)).pages)
    assert (first.page_count, sources) == (3, {TextSource.TEXT_LAYER: 1, TextSource.OCR: 2})
    assert reader.files == [b"%PDF"]
    other = FakeReader(PAGES[:1])
    assert extract(job, original, other, store) == first
    assert other.files == []
    assert asyncio.run(load_pages(first.reference, store)).pages == PAGES


def test_the_result_of_a_repaired_document_has_a_warning(store: Store, job: DocumentJob) -> None:
    original = Original(reference=asyncio.run(store.create("original", b"%PDF")), media_type=MediaType.PDF)
    reader = FakeReader(repaired=True)
    text = extract(job, original, reader, store)
    result = StoredResult.of(job, text, ANALYSIS, "here", download=Usage())
    assert [warning.split(" and ")[0] for warning in result.warnings] == ["the document is damaged", *ANALYSIS.warnings]


def test_two_concurrent_extracts_return_the_same_text(store: Store, job: DocumentJob) -> None:
    """Even when they read different pages: the checkpoint refers to the stored text."""
    original = Original(reference=asyncio.run(store.create("original", b"%PDF")), media_type=MediaType.PDF)

    async def both() -> list[Extracted]:
        readers = FakeReader(), FakeReader(PAGES[:1])
        steps = [ExtractionSteps(make_ports(store, reader=reader)) for reader in readers]
        return await asyncio.gather(*(one.extract.body(job, original) for one in steps))

    one, other = asyncio.run(both())
    assert one == other
    assert isinstance(one.value, Text)
    assert one.value.page_count == len(asyncio.run(load_pages(one.value.reference, store)).pages)


def test_a_second_analyze_returns_the_same_findings_and_warnings(folder_store: Store, job: DocumentJob) -> None:
    text, analyzer = store_text(folder_store), FakeAnalyzer()
    steps = AnalysisSteps(make_ports(folder_store, analyzer=analyzer))
    first, second = (run_step(steps.analyze, job, LETTER, text) for _ in range(2))
    assert first == second
    assert analyzer.calls == [(DocumentType.REPORT, PAGES)] * 2
    assert isinstance(first.value, Analysis)
    assert first.value.warnings == ("page 2 was hard to read (confidence 0.70)", "page 3 has no text")


def test_a_second_store_keeps_the_first_result(store: Store, job: DocumentJob) -> None:
    text = store_text(store)
    steps = DocumentSteps(make_ports(store))
    first = run_step(steps.store, job, LETTER, text, ANALYSIS)
    other = ANALYSIS.model_copy(update={"summary": "It costs more."})
    assert run_step(steps.store, job, LETTER, text, other) == first
    assert first.stored_at == store.url("jobs/job-1/result.json")
    assert json.loads(asyncio.run(store.read(first.reference))) == {
        "jobId": "job-1",
        "type": "report",
        "pageCount": 3,
        "summary": "It costs twelve.",
        "extractedData": {"amount": 12.0, "metrics": {"revenue": 5.0, "orders": 7.0}, "parties": ["A", "B"]},
        "storedAt": first.stored_at,
        "evidence": {
            "amount": {"page": 1, "quote": "Total EUR 12.00"},
            "metrics.revenue": {"page": 1, "quote": "Revenue 5"},
            "metrics.orders": {"page": 2, "quote": "Orders 7"},
            "parties": {"page": 2, "quote": "between A and B"},
        },
        "analyzer": "by hand",
        "warnings": ["page 3 has no text"],
        "usage": {step: usage_of(usage) for step, usage in USAGES.items()},
        "costUsd": 0.02,
    }


def test_the_result_of_a_job_has_the_keys_that_clients_know(folder_store: Store, job: DocumentJob) -> None:
    stored = StoredResult.of(job, store_text(folder_store), ANALYSIS, "file:///x", download=Usage())
    wire = DocumentResult.with_notice(stored, "2026-11-21T10:00:00.000+00:00").model_dump(mode="json")
    known = {"jobId", "type", "pageCount", "summary", "extractedData", "storedAt", "notifiedAt"}
    assert wire.keys() == known | {"evidence", "analyzer", "warnings", "usage", "costUsd"}
    assert DocumentResult.model_validate(wire).extracted_data == ANALYSIS.plain()
