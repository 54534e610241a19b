"""Evidence is marked where its words are known to stand, and nowhere else; and no job fails for want of a mark."""

import asyncio
import os
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from contract.analysis import Analysis, Evidence, Finding
from contract.job import DocumentJob
from contract.reading import MediaType, Original, PageText, Reference, TextSource
from tests.worker import documents
from worker.adapters.object_store import Store
from worker.documents.boxes import pack_boxes
from worker.steps.evidence import add_boxes

LINE = "This page carries a text layer that is long enough"
SEEN = PageText(
    number=2,
    text="Total\nEUR 12.00",
    source=TextSource.OCR,
    confidence=0.9,
    boxes=pack_boxes([(0.1, 0.1, 0.2, 0.15), (0.1, 0.2, 0.2, 0.25), (0.25, 0.2, 0.4, 0.25)]),
)
CARRIED = PageText(number=1, text=LINE, source=TextSource.TEXT_LAYER)


@dataclass(frozen=True)
class StoredDocument:
    """A store with a document."""

    store: Store
    job: DocumentJob
    is_gone: bool = False

    def placed(self, *evidence: Evidence, content: bytes = b"", kind: MediaType = MediaType.PDF) -> Analysis:
        """Return an analysis that found these, with boxes."""
        reference = asyncio.run(self.store.create(f"original.{kind.extension}", content or documents.make_pdf(LINE)))
        findings = tuple(Finding(field=f"field{n}", value="it", evidence=one) for n, one in enumerate(evidence))
        analysis = Analysis(analyzer="a test", summary="", findings=findings, warnings=("beware",))
        if self.is_gone:
            reference = reference.model_copy(update={"key": "deleted"})
        original = Original(reference=reference, media_type=kind)
        return asyncio.run(add_boxes(self.job, original, analysis, (CARRIED, SEEN), store=self.store))

    def box(self, evidence: Evidence, kind: MediaType = MediaType.PDF) -> tuple[float, ...] | None:
        """Return the one box."""
        [found] = self.placed(evidence, kind=kind).findings
        return found.evidence.box


@pytest.fixture
def stored(folder_store: Store, job: DocumentJob) -> StoredDocument:
    """One for each test."""
    return StoredDocument(folder_store, job)


def test_a_quote_over_two_lines_gets_the_box_around_both(stored: StoredDocument) -> None:
    assert stored.box(Evidence(page=2, quote="total eur 12.00")) == pytest.approx((0.1, 0.1, 0.4, 0.25), abs=1e-4)


def test_each_page_is_asked_for_its_own_quotes(stored: StoredDocument) -> None:
    """One was recognized, the other carries its text: what was found on both is marked on both."""
    quotes = Evidence(page=2, quote="EUR 12.00"), Evidence(page=1, quote="a text layer"), Evidence(page=1, quote="EUR")
    seen, carried, nowhere = (one.evidence.box for one in stored.placed(*quotes).findings)
    assert seen == pytest.approx((0.1, 0.2, 0.4, 0.25), abs=1e-4)
    assert carried
    assert 50 / 595 < carried[0] < carried[2] < 0.6
    assert nowhere is None


@pytest.mark.parametrize("page", [1, 2])
def test_what_was_not_verified_is_not_marked(stored: StoredDocument, page: int) -> None:
    quote = CARRIED.text if page == 1 else "EUR 12.00"
    assert stored.box(Evidence(page=page, quote=quote, verified=False)) is None
    assert stored.box(Evidence(page=page, quote=quote)) is not None


def test_a_page_that_nobody_has_numbered_so_is_no_mishap(stored: StoredDocument) -> None:
    assert stored.box(Evidence(page=9, quote="EUR 12.00")) is None


def test_a_letter_without_pages_has_no_places(stored: StoredDocument) -> None:
    assert stored.box(Evidence(page=1, quote=LINE), MediaType.DOCX) is None


def test_a_document_that_cannot_be_opened_again_costs_the_marks_and_a_warning(stored: StoredDocument) -> None:
    evidence = Evidence(page=1, quote=LINE), Evidence(page=2, quote="Total")
    placed = stored.placed(*evidence, content=b"%PDF-1.7 and nothing")
    assert [one.evidence.box is None for one in placed.findings] == [True, False]
    beware, doubt = placed.warnings
    assert beware == "beware"
    assert doubt.startswith("the boxes of the evidence could not be found: the document cannot be read")


def test_a_document_that_is_gone_costs_the_marks_and_a_warning(stored: StoredDocument) -> None:
    placed = replace(stored, is_gone=True).placed(Evidence(page=1, quote=LINE))
    assert [one.evidence.box for one in placed.findings] == [None]
    assert placed.warnings[1].endswith("deleted is not there any more")


def test_the_rest_of_an_analysis_stays_as_it_is(stored: StoredDocument) -> None:
    evidence = Evidence(page=2, quote="Total", confidence=0.7)
    [found] = stored.placed(evidence).findings
    assert found.evidence.model_copy(update={"box": None}) == evidence


class Stuck(Store):
    """Gives a pipe in place of a file: whoever opens it waits for ever."""

    async def save(self, reference: Reference, file: Path) -> None:  # noqa: ARG002 whatever is asked for
        os.mkfifo(file)


def test_a_child_that_somebody_kills_costs_the_boxes_and_not_the_job(stored: StoredDocument) -> None:
    """As the kernel does when memory is short; what comes before is paid for."""
    stuck = StoredDocument(Stuck.open(stored.store.url("").removesuffix("/")), stored.job)
    over = threading.Event()
    killer = threading.Thread(target=kill_children, args=(over, children()))
    killer.start()
    try:
        found = stuck.placed(Evidence(page=1, quote="a text layer"))
    finally:
        over.set()
        killer.join()
    assert [one.evidence.box for one in found.findings] == [None]
    assert [warning for warning in found.warnings if "SIGKILL" in warning]


def children() -> set[int]:
    """Return the processes that this one has started, among them servers of other tests."""
    return {int(child) for task in Path("/proc/self/task").glob("*/children") for child in task.read_text().split()}


def kill_children(over: threading.Event, others: set[int]) -> None:
    """Kill whatever this process starts from now on, until it is over."""
    while not over.wait(0.05):
        for child in children() - others:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
