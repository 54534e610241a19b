"""Pages to text, by each OCR engine: speed, CPU time, memory and accuracy.

The pages are generated, so every letter is known; see printed_pages.py. The thresholds of the mixed engine were found
with other pages of the same generator: real paper is worse.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import mean
from typing import Final

from contract.reading import MediaType, PageText
from durable import child_usage
from evaluation.read_document import read_document
from worker.documents.document_reader import DocumentReader, read_text_layers_in_child
from worker.documents.ocr_engines import OcrChoice
from worker.documents.survey import DocumentFile, PageRange

from . import printed_pages, scans
from .report import format_table
from .scale import Scale
from .scans import Sheet

SEED: Final = 3  # the thresholds were found with 1 and 2
DIGITAL_PAGES: Final = 500
_HEADER: Final = (
    *("read by", "pages", "of", "pages/s", "CPU s a page", "beside RapidOCR", "letters wrong", "words found"),
    "child MB",
)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A document, the text of its pages, and an OCR engine; without one, a child extracts the text layer."""

    path: str
    truths: tuple[str, ...]
    choice: OcrChoice | None


@dataclass(frozen=True, kw_only=True)
class ReadingFigures:
    """The figures of reading one document."""

    seconds: float
    cpu: float
    megabytes: float
    wrong: float
    found: float


def measure_reading(scale: Scale) -> str:
    """Pages to text: text layer, and each OCR engine on pages with known text; two children at a time."""
    rows = []
    readers = scale.choose_engines()
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "document.pdf"
        some = printed_pages.make_pages(SEED)
        many = [Sheet(some[number % len(some)]) for number in range(DIGITAL_PAGES)]
        rows += _make_rows(file, "digital, one child", many, [None])
        for wear in printed_pages.WEARS:
            rows += _make_rows(file, wear, [Sheet(page, wear) for page in some], readers)
        rows += _make_rows(file, "dossier, half scanned", scans.make_dossier(some, scale.pages), readers)
    return format_table(_HEADER, rows)


def _make_rows(
    file: Path, material: str, sheets: Sequence[Sheet], readers: Sequence[OcrChoice | None]
) -> list[tuple[str, ...]]:
    file.write_bytes(scans.make_pdf(sheets))
    truths = tuple(sheet.page.truth for sheet in sheets)
    figures = [_measure_in_process(Task(path=str(file), truths=truths, choice=choice)) for choice in readers]
    return [
        (
            choice.engine if choice else "text layer", str(len(sheets)), material,
            f"{len(sheets) / one.seconds:.2f}", f"{one.cpu / len(sheets):.3f}", f"{figures[0].cpu / one.cpu:.1f} x",
            f"{one.wrong:.2%}", f"{one.found:.1%}", f"{one.megabytes:.0f}",
        )
        for choice, one in zip(readers, figures, strict=True)
    ]  # fmt: skip


def _measure_in_process(task: Task) -> ReadingFigures:
    # In a new process, because the system reports the largest child of a process so far.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_measure_task, task).result()


def _measure_task(task: Task) -> ReadingFigures:
    started = time.perf_counter()
    pages = asyncio.run(_read(task))
    seconds = time.perf_counter() - started
    used = child_usage()
    texts = [(truth, page.text) for truth, page in zip(task.truths, pages, strict=True)]
    return ReadingFigures(
        seconds=seconds,
        cpu=used.cpu_seconds,
        megabytes=used.max_bytes / 2**20,
        wrong=mean(printed_pages.letter_error_rate(truth, text) for truth, text in texts[:60]),
        found=mean(printed_pages.share_of_words_found(truth, text) for truth, text in texts),
    )


async def _read(task: Task) -> Sequence[PageText]:
    if task.choice is None:
        document = DocumentFile(path=task.path, media_type=MediaType.PDF)
        return await read_text_layers_in_child(PageRange(document=document, first=1, last=len(task.truths)))
    return (await read_document(DocumentReader(choice=task.choice), Path(task.path), MediaType.PDF)).pages
