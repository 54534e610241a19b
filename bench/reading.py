"""Pages to text, by each OCR engine: speed, CPU time, memory and accuracy.

The pages are generated, so every letter is known; see printed_pages.py. The thresholds of the mixed engine were found
with other pages of the same generator: real paper is worse.
"""

import asyncio
import sys
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
from evaluation.cases import cases_in
from evaluation.read_document import read_document
from worker.documents.document_reader import (
    DocumentReader,
    RecognizePages,
    read_text_layers_in_child,
    recognize_in_child,
)
from worker.documents.ocr_engines import RAPIDOCR, OcrChoice
from worker.documents.sniff import media_type_of
from worker.documents.survey import DocumentFile, PageRange

from . import printed_pages, scans, shipped_rapidocr
from .report import format_table
from .scale import Scale
from .scans import Sheet

SEED: Final = 3  # the thresholds were found with 1 and 2
DIGITAL_PAGES: Final = 500
_HEADER: Final = (
    *("read by", "pages", "of", "pages/s", "CPU s a page", "beside as shipped", "letters wrong", "words found"),
    "child MB",
)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """What reads the documents; without a choice, a child extracts the text layer."""

    name: str
    choice: OcrChoice | None = None
    recognize: RecognizePages = recognize_in_child


@dataclass(frozen=True, kw_only=True)
class Task:
    """Documents, the text of all their pages, and what reads them."""

    files: tuple[Path, ...]
    truths: tuple[str, ...]
    reader: Reader


@dataclass(frozen=True, kw_only=True)
class ReadingFigures:
    """The figures of reading one document."""

    seconds: float
    cpu: float
    megabytes: float
    wrong: float
    found: float


def measure_reading(scale: Scale) -> str:
    """Pages to text: text layer, RapidOCR as shipped, and each OCR engine on known text; two children at a time."""
    rows = []
    choices = [Reader(name=choice.engine, choice=choice) for choice in scale.choose_engines()]
    readers = [Reader(name="as shipped", choice=RAPIDOCR, recognize=shipped_rapidocr.recognize_in_child), *choices]
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "document.pdf"
        some = printed_pages.make_pages(SEED)
        many = [Sheet(some[number % len(some)]) for number in range(DIGITAL_PAGES)]
        rows += _read_sheets(file, "digital, one child", many, [Reader(name="text layer")])
        for wear in printed_pages.WEARS:
            rows += _read_sheets(file, wear, [Sheet(page, wear) for page in some[:: scale.sheet_step]], readers)
        rows += _read_sheets(file, "dossier, half scanned", scans.make_dossier(some, scale.pages), readers)
    if scale.photos:
        cases = list(cases_in(scale.photos))
        truths = tuple(" ".join(map(str, case.truth.fields.values())) for case in cases)
        rows += _make_rows("photos", tuple(case.file for case in cases), truths, readers)
    return format_table(_HEADER, rows)


def _read_sheets(
    file: Path, material: str, sheets: Sequence[Sheet], readers: Sequence[Reader]
) -> list[tuple[str, ...]]:
    file.write_bytes(scans.make_pdf(sheets))
    return _make_rows(material, (file,), tuple(sheet.page.truth for sheet in sheets), readers)


def _make_rows(
    material: str, files: tuple[Path, ...], truths: tuple[str, ...], readers: Sequence[Reader]
) -> list[tuple[str, ...]]:
    figures = []
    for reader in readers:
        print(f"reading {material} with {reader.name}", file=sys.stderr, flush=True)  # all of it takes minutes
        figures.append(_measure_in_process(Task(files=files, truths=truths, reader=reader)))
    return [
        (
            reader.name, str(len(truths)), material,
            f"{len(truths) / one.seconds:.2f}", f"{one.cpu / len(truths):.3f}", f"{figures[0].cpu / one.cpu:.1f} x",
            "-" if material == "photos" else f"{one.wrong:.2%}", f"{one.found:.1%}", f"{one.megabytes:.0f}",
        )
        for reader, one in zip(readers, figures, strict=True)
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


async def _read(task: Task) -> list[PageText]:
    if task.reader.choice is None:
        document = DocumentFile(path=str(task.files[0]), media_type=MediaType.PDF)
        return await read_text_layers_in_child(PageRange(document=document, first=1, last=len(task.truths)))
    reader = DocumentReader(choice=task.reader.choice, engine=task.reader.recognize)
    pages: list[PageText] = []
    for file in task.files:
        pages += (await read_document(reader, file, _media_type_of(file))).pages
    return pages


def _media_type_of(file: Path) -> MediaType:
    found = media_type_of(file.read_bytes())
    if found is None:
        raise ValueError(f"{file} is no document that can be read")
    return found
