"""What one recognition child takes of everything that it may be given at once."""

import asyncio
from pathlib import Path
from random import Random

from PIL import Image

from bench import printed_pages
from contract.engines import OcrEngine
from contract.reading import MediaType, PageText
from evaluation.own.wear import Wear, render_pages
from local import samples
from tests.fresh_process import run_in_fresh_process
from worker.documents.document_reader import recognize_in_child, split_batches
from worker.documents.ocr import OcrRequest
from worker.documents.ocr_engines import choose_engine

from .tessdata import needs_tesseract

MAX_BYTES = 10**9  # bytes in memory; of its address space both recognitions together reserve more than that
# Parts of an A4 page: it is pictures of ever other sizes that have RapidOCR reserve more and more.
SIZES = [(1.0, 1.0), (0.6, 0.6), (1.0, 0.5), (0.5, 1.0), (0.8, 0.8), (1.0, 0.7), (0.7, 1.0), (0.9, 0.6)]


def sheets(count: int) -> list[Image.Image]:
    """Return scans of pages, each of another size and kind than the one before."""
    pages, wears = printed_pages.make_pages(), list(printed_pages.WEARS.values())
    return [sheet(pages[n], wears[n % len(wears)], *SIZES[n % len(SIZES)]) for n in range(count)]


def sheet(page: printed_pages.PrintedPage, wear: Wear, across: float, down: float) -> Image.Image:
    """Return the upper left part of a page, as it comes from the scanner."""
    [whole] = render_pages(printed_pages.make_pdf(page))
    return wear(whole.crop((0, 0, int(whole.width * across), int(whole.height * down))), Random(page.name))


def recognize(scan: OcrRequest) -> list[PageText]:
    """Return what a child reads, with the limits that the worker sets."""
    return asyncio.run(recognize_in_child(scan))


@needs_tesseract
def test_pages_of_many_sizes_and_kinds_are_read_by_one_child_within_its_limits(tmp_path: Path) -> None:
    """As many as a child ever gets. The limit of its address space once was too low for them, and the job failed."""
    numbers = next(split_batches(range(1, 101)))
    file = tmp_path / "document"
    file.write_bytes(samples.images_to_pdf(*sheets(len(numbers))))
    scan = OcrRequest(path=str(file), media_type=MediaType.PDF, pages=numbers, choice=choose_engine(OcrEngine.MIXED))
    pages, memory = run_in_fresh_process(recognize, scan)
    assert min(len(page.text) for page in pages) > 200
    assert memory.child < MAX_BYTES
