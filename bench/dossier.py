"""A dossier through the real system: digital pages and scans, read by worker processes with their real recognition."""

from collections.abc import Sequence
from contextlib import ExitStack
from statistics import mean
from typing import Final

from local import site
from local.server_process import EmbeddedProgram
from worker.documents.ocr_engines import OcrChoice

from . import scans, written
from .ending import end_in_order
from .long import Scene, scene
from .processor import Peaks, used, watched
from .reading import SEED
from .report import table
from .scale import Scale
from .scans import Sheet

_FILE: Final = "dossier.pdf"
_A_PAGE: Final = 60.0  # seconds, on a machine that has much else to do
_HEADER: Final = (
    *("read by", "workers", "pages", "of them scanned", "s", "pages/s", "CPU s", "CPU s a scan", "letters wrong"),
    *("words found", "worker MB", "its children MB", "requests", "kB sent", "kB received"),
)


def dossier(scale: Scale) -> str:
    """A mixed document through the real system: time, memory, accuracy and bytes on the wire."""
    end_in_order()
    sheets = scans.dossier(written.pages(SEED), scale.pages)
    with site.serve_documents({_FILE: scans.pdf(sheets)}) as place:
        rows = [_row(choice, workers, sheets, place) for choice in scale.choices() for workers in scale.workers]
    return table(_HEADER, rows)


def _row(choice: OcrChoice, workers: int, sheets: Sequence[Sheet], place: site.Site) -> tuple[str, ...]:
    environ = {
        "OCR_ENGINE": choice.engine.value,
        "TESSDATA_PREFIX": choice.tessdata,
        "MAX_DOCUMENT_MEGABYTES": "2000",
        "WORKER_SLOTS": "1",  # each stands for a task with one processor
        "WORKER_PAGE_SLOTS": "1",
    }
    with ExitStack() as stack:
        running = stack.enter_context(
            scene(EmbeddedProgram(), place.host, program="worker", workers=workers, **environ)
        )
        peaks = stack.enter_context(watched(running.workers))
        cells = _measured(running, place.url(_FILE), sheets, peaks)
    scanned = sum(sheet.wear is not None for sheet in sheets)
    return (choice.engine, str(workers), str(len(sheets)), str(scanned), *cells)


def _measured(running: Scene, url: str, sheets: Sequence[Sheet], peaks: Peaks) -> tuple[str, ...]:
    before = sum(map(used, running.workers))
    took = running.read(url, patience=_A_PAGE * len(sheets))
    cpu = sum(map(used, running.workers)) - before
    pages = running.pages()
    texts = [(sheet.page.truth, page.text) for sheet, page in zip(sheets, pages, strict=True) if sheet.wear]
    return (
        f"{took.seconds:.0f}", f"{len(sheets) / took.seconds:.2f}", f"{cpu:.0f}", f"{cpu / max(len(texts), 1):.2f}",
        f"{mean(written.letters_wrong(truth, text) for truth, text in texts[:60]):.2%}",
        f"{mean(written.words_found(truth, text) for truth, text in texts):.1%}",
        f"{peaks.worker:.0f}", f"{peaks.children:.0f}",
        str(took.requests), f"{took.sent / 1000:.0f}", f"{took.received / 1000:.0f}",
    )  # fmt: skip
