"""A dossier through the real system: digital pages and scans, read by worker processes with real OCR."""

from collections.abc import Sequence
from contextlib import ExitStack
from statistics import mean
from typing import Final

from local import site
from local.server_process import EmbeddedProgram
from worker.documents.ocr_engines import OcrChoice

from . import printed_pages, scans
from .document_run import DocumentSystem, open_system
from .process_usage import MemoryPeaks, measure_cpu_seconds, watch_memory
from .reading import SEED
from .report import format_table
from .scale import Scale
from .scans import Sheet

_FILE: Final = "dossier.pdf"
_PAGE_SECONDS: Final = 60.0  # at most, on a loaded machine
_HEADER: Final = (
    *("read by", "workers", "pages", "of them scanned", "s", "pages/s", "CPU s", "CPU s a scan", "letters wrong"),
    *("words found", "worker MB", "its children MB", "requests", "kB sent", "kB received"),
)


def measure_dossier(scale: Scale) -> str:
    """A mixed document through the real system: time, memory, accuracy and bytes on the wire."""
    sheets = scans.make_dossier(printed_pages.make_pages(SEED), scale.pages)
    with site.serve_documents({_FILE: scans.make_pdf(sheets)}) as documents:
        rows = [
            _make_row(choice, workers, sheets, documents)
            for choice in scale.choose_engines()
            for workers in scale.workers
        ]
    return format_table(_HEADER, rows)


def _make_row(choice: OcrChoice, workers: int, sheets: Sequence[Sheet], documents: site.Site) -> tuple[str, ...]:
    environ = {
        "OCR_ENGINE": choice.engine.value,
        "TESSDATA_PREFIX": choice.tessdata,
        "MAX_DOCUMENT_MEGABYTES": "2000",
        "WORKER_SLOTS": "1",  # as in a task with one processor
        "WORKER_PAGE_SLOTS": "1",
    }
    with ExitStack() as stack:
        system = stack.enter_context(
            open_system(EmbeddedProgram(), documents.host, program="worker", workers=workers, **environ)
        )
        peaks = stack.enter_context(watch_memory(system.worker_pids))
        cells = _measure(system, documents.url(_FILE), sheets, peaks)
    scanned = sum(sheet.wear is not None for sheet in sheets)
    return (choice.engine, str(workers), str(len(sheets)), str(scanned), *cells)


def _measure(system: DocumentSystem, url: str, sheets: Sequence[Sheet], peaks: MemoryPeaks) -> tuple[str, ...]:
    before = sum(map(measure_cpu_seconds, system.worker_pids))
    cost = system.run_job(url, timeout=_PAGE_SECONDS * len(sheets))
    cpu = sum(map(measure_cpu_seconds, system.worker_pids)) - before
    pages = system.read_pages()
    texts = [(sheet.page.truth, page.text) for sheet, page in zip(sheets, pages, strict=True) if sheet.wear]
    return (
        f"{cost.seconds:.0f}", f"{len(sheets) / cost.seconds:.2f}", f"{cpu:.0f}", f"{cpu / max(len(texts), 1):.2f}",
        f"{mean(printed_pages.letter_error_rate(truth, text) for truth, text in texts[:60]):.2%}",
        f"{mean(printed_pages.share_of_words_found(truth, text) for truth, text in texts):.1%}",
        f"{peaks.worker:.0f}", f"{peaks.children:.0f}",
        str(cost.requests), f"{cost.sent / 1000:.0f}", f"{cost.received / 1000:.0f}",
    )  # fmt: skip
