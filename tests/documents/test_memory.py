"""One OCR child process reads a full batch of varied pages within its limits."""

import asyncio
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from bench import printed_pages
from contract.engines import OcrEngine
from contract.reading import MediaType, PageText
from evaluation.own.wear import Wear, render_pages
from local import samples
from tests.fresh_process import run_in_own_process
from worker.documents.document_reader import recognize_in_child, split_batches
from worker.documents.ocr import OcrRequest
from worker.documents.ocr_engines import choose_engine

from .tessdata import needs_tesseract

MAX_BYTES = 10**9  # resident memory; the two OCR engines together reserve more address space than this
# Shares of an A4 page: RapidOCR reserves more memory with every new picture size.
PAGE_SHARES = [(1.0, 1.0), (0.6, 0.6), (1.0, 0.5), (0.5, 1.0), (0.8, 0.8), (1.0, 0.7), (0.7, 1.0), (0.9, 0.6)]


def make_scans(count: int) -> list[Image.Image]:
    """Return scans of pages; consecutive scans differ in size and kind."""
    pages, wears = printed_pages.make_pages(), list(printed_pages.WEARS.values())
    return [make_scan(pages[n], wears[n % len(wears)], *PAGE_SHARES[n % len(PAGE_SHARES)]) for n in range(count)]


def make_scan(page: printed_pages.PrintedPage, wear: Wear, width_share: float, height_share: float) -> Image.Image:
    """Return a scan of the upper left part of a page."""
    [image] = render_pages(printed_pages.make_pdf(page))
    return wear(image.crop((0, 0, int(image.width * width_share), int(image.height * height_share))), Random(page.name))


def recognize_pages(scan: OcrRequest) -> list[PageText]:
    """Return the pages that a child reads within the worker's limits."""
    return asyncio.run(recognize_in_child(scan))


@pytest.mark.soak
@needs_tesseract
def test_one_child_reads_a_batch_of_varied_pages_within_its_limits(tmp_path: Path) -> None:
    """The batch is the largest that a child gets. With a lower limit of the address space, such a job failed."""
    numbers = next(split_batches(range(1, 101)))
    file = tmp_path / "document"
    file.write_bytes(samples.images_to_pdf(*make_scans(len(numbers))))
    scan = OcrRequest(path=str(file), media_type=MediaType.PDF, pages=numbers, choice=choose_engine(OcrEngine.MIXED))
    pages, memory = run_in_own_process(recognize_pages, scan)
    assert min(len(page.text) for page in pages) > 200
    assert memory.child < MAX_BYTES
