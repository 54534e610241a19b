"""Evidence gets a box where the position of its words is known; no job fails because a box is missing."""

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from contract.analysis import Analysis, Evidence, Finding
from contract.job import DocumentJob
from contract.reading import MediaType, Original, PageText, Reference, TextSource
from durable import run_in_child
from tests.documents.pdfs import make_endless_pdf
from tests.durable.hostile_work import find_parent
from tests.worker import documents
from worker.adapters.object_store import Store
from worker.documents.boxes import pack_boxes
from worker.preloads import DOCUMENTS
from worker.steps.evidence import add_boxes

PAGE_TEXT = "This page carries a text layer that is long enough"
OCR_PAGE = PageText(
    number=2,
    text="Total\nEUR 12.00",
    source=TextSource.OCR,
    confidence=0.9,
    boxes=pack_boxes([(0.1, 0.1, 0.2, 0.15), (0.1, 0.2, 0.2, 0.25), (0.25, 0.2, 0.4, 0.25)]),
)
TEXT_LAYER_PAGE = PageText(number=1, text=PAGE_TEXT, source=TextSource.TEXT_LAYER)


@dataclass(frozen=True)
class StoredDocument:
    """A store with a document."""

    store: Store
    job: DocumentJob
    is_gone: bool = False

    def analyze_with_boxes(
        self,
        *evidence: Evidence,
        content: bytes = b"",
        kind: MediaType = MediaType.PDF,
        pages: tuple[PageText, ...] = (TEXT_LAYER_PAGE, OCR_PAGE),
    ) -> Analysis:
        """Return an analysis with this evidence, after its boxes were added."""
        reference = asyncio.run(
            self.store.create(f"original.{kind.extension}", content or documents.make_pdf(PAGE_TEXT))
        )
        findings = tuple(Finding(field=f"field{n}", value="it", evidence=one) for n, one in enumerate(evidence))
        analysis = Analysis(analyzer="a test", summary="", findings=findings, warnings=("beware",))
        if self.is_gone:
            reference = reference.model_copy(update={"key": "deleted"})
        original = Original(reference=reference, media_type=kind)
        return asyncio.run(add_boxes(self.job, original, analysis, pages, store=self.store))

    def box(self, evidence: Evidence, kind: MediaType = MediaType.PDF) -> tuple[float, ...] | None:
        """Return the box of this evidence."""
        [found] = self.analyze_with_boxes(evidence, kind=kind).findings
        return found.evidence.box


@pytest.fixture
def stored(folder_store: Store, job: DocumentJob) -> StoredDocument:
    """A store and a job for each test."""
    return StoredDocument(folder_store, job)


def test_a_quote_over_two_lines_gets_a_box_around_both(stored: StoredDocument) -> None:
    assert stored.box(Evidence(page=2, quote="total eur 12.00")) == pytest.approx((0.1, 0.1, 0.4, 0.25), abs=1e-4)


def test_each_page_gives_boxes_to_its_own_quotes(stored: StoredDocument) -> None:
    """One page has OCR boxes, the other a text layer; a quote that is on neither gets no box."""
    quotes = Evidence(page=2, quote="EUR 12.00"), Evidence(page=1, quote="a text layer"), Evidence(page=1, quote="EUR")
    on_ocr_page, on_text_page, on_no_page = (one.evidence.box for one in stored.analyze_with_boxes(*quotes).findings)
    assert on_ocr_page == pytest.approx((0.1, 0.2, 0.4, 0.25), abs=1e-4)
    assert on_text_page
    assert 50 / 595 < on_text_page[0] < on_text_page[2] < 0.6
    assert on_no_page is None


@pytest.mark.parametrize("page", [1, 2])
def test_unverified_evidence_gets_no_box(stored: StoredDocument, page: int) -> None:
    quote = TEXT_LAYER_PAGE.text if page == 1 else "EUR 12.00"
    assert stored.box(Evidence(page=page, quote=quote, verified=False)) is None
    assert stored.box(Evidence(page=page, quote=quote)) is not None


def test_a_page_number_beyond_the_document_gets_no_box(stored: StoredDocument) -> None:
    assert stored.box(Evidence(page=9, quote="EUR 12.00")) is None


def test_a_word_document_has_no_boxes(stored: StoredDocument) -> None:
    assert stored.box(Evidence(page=1, quote=PAGE_TEXT), MediaType.DOCX) is None


def test_an_unreadable_document_adds_a_warning_in_place_of_boxes(stored: StoredDocument) -> None:
    evidence = Evidence(page=1, quote=PAGE_TEXT), Evidence(page=2, quote="Total")
    analysis = stored.analyze_with_boxes(*evidence, content=b"%PDF-1.7 and nothing")
    assert [one.evidence.box is None for one in analysis.findings] == [True, False]
    given, added = analysis.warnings
    assert given == "beware"
    assert added.startswith("the boxes of the evidence could not be found: the document cannot be read")


def test_a_deleted_document_adds_a_warning_in_place_of_boxes(stored: StoredDocument) -> None:
    analysis = replace(stored, is_gone=True).analyze_with_boxes(Evidence(page=1, quote=PAGE_TEXT))
    assert [one.evidence.box for one in analysis.findings] == [None]
    assert analysis.warnings[1].endswith("deleted does not exist any more")


def test_a_text_layer_whose_words_have_boxes_needs_no_document(stored: StoredDocument) -> None:
    """It is a short document of one page, which is read once."""
    page = TEXT_LAYER_PAGE.model_copy(
        update={"boxes": pack_boxes((n / 10, 0.5, n / 10 + 0.1, 0.6) for n in range(len(PAGE_TEXT.split())))}
    )
    evidence = Evidence(page=1, quote="carries a text"), Evidence(page=1, quote="EUR")
    analysis = replace(stored, is_gone=True).analyze_with_boxes(*evidence, pages=(page,))
    found, missing = (one.evidence.box for one in analysis.findings)
    assert found == pytest.approx((0.2, 0.5, 0.5, 0.6), abs=1e-4)
    assert missing is None
    assert analysis.warnings == ("beware",)


def test_boxes_change_nothing_else_of_an_analysis(stored: StoredDocument) -> None:
    evidence = Evidence(page=2, quote="Total", confidence=0.7)
    [found] = stored.analyze_with_boxes(evidence).findings
    assert found.evidence.model_copy(update={"box": None}) == evidence


class StuckStore(Store):
    """Saves a document whose page never ends."""

    async def save(self, reference: Reference, file: Path) -> None:  # noqa: ARG002 any reference
        await asyncio.to_thread(file.write_bytes, make_endless_pdf())


def test_a_killed_child_process_costs_the_boxes_but_not_the_job(stored: StoredDocument) -> None:
    """The kernel kills it when memory is short; the analysis before it is already paid for."""
    stuck = StoredDocument(StuckStore.open(stored.store.url("").removesuffix("/")), stored.job)
    is_over = threading.Event()
    fork_server = psutil.Process(asyncio.run(run_in_child(find_parent, None, preload=DOCUMENTS)))
    killer = threading.Thread(target=kill_children, args=(is_over, fork_server))
    killer.start()
    try:
        found = stuck.analyze_with_boxes(Evidence(page=1, quote="a text layer"))
    finally:
        is_over.set()
        killer.join()
    assert [one.evidence.box for one in found.findings] == [None]
    assert [warning for warning in found.warnings if "SIGKILL" in warning]


def kill_children(is_over: threading.Event, fork_server: psutil.Process) -> None:
    """Kill every child of the fork server until the event is set."""
    while not is_over.wait(0.05):
        for child in fork_server.children():
            with suppress(psutil.NoSuchProcess):
                child.kill()
