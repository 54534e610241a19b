"""Pages to text, by each recognition: how fast, for how much of the processor and memory, and how right.

The pages are made here, so that every letter of them is known; see written.py. They are not those that the thresholds
of the mixed recognition were found with, but they come from the same printer: real paper is worse.
"""

import asyncio
import resource
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import mean
from typing import Final

import pypdfium2  # type: ignore[import-untyped] # it has no types
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped] # as above
from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped] # as above
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped] # as above

from contract.result import MediaType, PageText
from worker.documents.choice import Choice, NotInstalled, Recognizer, choose
from worker.documents.pages import Reader, layers_in_child
from worker.documents.survey import Document, Stretch

from . import written
from .report import table
from .written import Wear, Written

SEED: Final = 3  # the thresholds were found with 1 and 2
DIGITAL: Final = 500  # pages
_DPI: Final = 200
_HEADER: Final = ("read by", "pages", "of", "pages/s", "CPU s a page", "letters wrong", "words found", "child MB")


@dataclass(frozen=True, kw_only=True)
class Task:
    """A document, what stands on its pages, and who reads it: with no choice, its text layer is taken in one child."""

    path: str
    truths: tuple[str, ...]
    choice: Choice | None


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Of one reading."""

    seconds: float
    cpu: float
    megabytes: float
    wrong: float
    found: float


def reading(_workflows: int) -> str:
    """Pages to text: text layer, and each recognition on pages of known truth; two children at a time."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        some = written.pages(SEED)
        many = [some[number % len(some)] for number in range(DIGITAL)]
        rows.append(_row("text layer", "digital, one child", _layer_task(folder / "digital.pdf", many)))
        for wear in written.WEARS:
            scans = _scanned(folder / f"{wear}.pdf", some[::2], wear)
            rows += [_row(choice.recognizer, wear, _task(scans, some[::2], choice)) for choice in _choices()]
        half = _half_scanned(folder / "half.pdf", some)
        rows += [_row(choice.recognizer, "half scanned", _task(half, [*some, *some], choice)) for choice in _choices()]
    return table(_HEADER, rows)


def _choices() -> list[Choice]:
    found = []
    for recognizer in Recognizer:
        try:
            found.append(choose(recognizer))
        except NotInstalled as exc:
            print(f"not measured: {exc}")
    return found


def _row(reader: str, material: str, task: Task) -> tuple[str, ...]:
    # A process of its own, because the system tells of the largest child so far, and of no single one.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        figures = pool.submit(_measured, task).result()
    pages = len(task.truths)
    return (
        reader, str(pages), material, f"{pages / figures.seconds:.2f}", f"{figures.cpu / pages:.3f}",
        f"{figures.wrong:.2%}", f"{figures.found:.1%}", f"{figures.megabytes:.0f}",
    )  # fmt: skip


def _measured(task: Task) -> Figures:
    begun = time.perf_counter()
    pages = asyncio.run(_read(task))
    seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    texts = [(truth, page.text) for truth, page in zip(task.truths, pages, strict=True)]
    return Figures(
        seconds=seconds,
        cpu=used.ru_utime + used.ru_stime,
        megabytes=used.ru_maxrss / 1024,
        wrong=mean(written.letters_wrong(truth, text) for truth, text in texts[:60]),
        found=mean(written.words_found(truth, text) for truth, text in texts),
    )


async def _read(task: Task) -> Sequence[PageText]:
    if task.choice is None:
        document = Document(path=task.path, media_type=MediaType.PDF)
        return await layers_in_child(Stretch(document=document, first=1, last=len(task.truths)))
    return await Reader(choice=task.choice)(Path(task.path), MediaType.PDF, lambda _done, _of: None)


def _task(path: Path, some: Sequence[Written], choice: Choice) -> Task:
    return Task(path=str(path), truths=tuple(page.truth for page in some), choice=choice)


def _layer_task(path: Path, some: Sequence[Written]) -> Task:
    path.write_bytes(written.printed(*some))
    return Task(path=str(path), truths=tuple(page.truth for page in some), choice=None)


def _scanned(path: Path, some: Sequence[Written], wear: str) -> Path:
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for page in some:
        _lay(canvas, page, written.WEARS[wear])
    canvas.save()
    path.write_bytes(out.getvalue())
    return path


def _half_scanned(path: Path, some: Sequence[Written]) -> Path:
    """First the pages as a program prints them, then the same from a scanner."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for page in some:
        written.draw(canvas, page)
    for page in some:
        _lay(canvas, page, written.noisy)
    canvas.save()
    path.write_bytes(out.getvalue())
    return path


def _lay(canvas: Canvas, page: Written, wear: Wear) -> None:
    document = pypdfium2.PdfDocument(written.printed(page))
    image = document[0].render(scale=_DPI / 72, grayscale=True).to_pil().convert("L")
    canvas.drawImage(ImageReader(wear(image, Random(page.name))), 0, 0, *A4)
    canvas.showPage()
