"""Scans of printed pages with known text, and the blocks that Textract returns for them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from random import Random

import numpy as np
import pypdfium2  # type: ignore[import-untyped] # it has no types
from PIL import Image
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped] # as above

from bench import printed_pages
from bench.printed_pages import PrintedPage
from evaluation.own.wear import add_noise

from .textract import Block, Point, make_page_block, make_text_block

WIDTH, HEIGHT = 595.276, 841.89  # A4 in points
_DPI = 60  # no OCR engine reads these scans, and the noise of a higher resolution takes seconds to compress
_THUMBNAIL_SIZE = (48, 68)  # large enough to distinguish the pages, small enough to ignore noise


@dataclass(frozen=True)
class ScannedPage:
    """A scanned page, turned right by a number of quarter turns, with its true text."""

    page: PrintedPage
    image: Image.Image
    quarters: int = 0

    @property
    def truth(self) -> str:
        """The text of the page."""
        return self.page.truth

    def blocks(self) -> list[Block]:
        """Return the blocks that Textract returns for the page, with its lines in random order."""
        lines, words = [], []
        for run in self.page.runs:
            of_line = [self._make_word(run, word) for word in _find_word_spans(run.text)]
            ids = [word["Id"] for word in of_line]
            corners = self._find_corners(run, 0, len(run.text))
            lines.append(make_text_block("LINE", run.text, corners, children=ids))
            words += of_line
        Random(7).shuffle(lines)
        return [make_page_block([line["Id"] for line in lines]), *lines, *words]

    def _make_word(self, run: printed_pages.Run, span: tuple[int, int]) -> Block:
        return make_text_block("WORD", run.text[slice(*span)], self._find_corners(run, *span))

    def _find_corners(self, run: printed_pages.Run, start: int, end: int) -> list[Point]:
        """Return the corners of some letters; all letters have the same width."""
        letter = pdfmetrics.stringWidth(run.text, self.page.font, self.page.size) / len(run.text)
        left, right = run.x + start * letter, run.x + end * letter
        top, bottom = HEIGHT - run.y - 0.8 * self.page.size, HEIGHT - run.y + 0.2 * self.page.size
        slant = 0.002 * (right - left) * (-1 if run.y % 36 < 18 else 1)  # Textract's lines are not quite parallel
        points: list[Point] = [(left, top), (right, top + slant), (right, bottom + slant), (left, bottom)]
        return [self._turn(x / WIDTH, y / HEIGHT) for x, y in points]

    def _turn(self, x: float, y: float) -> Point:
        for _ in range(self.quarters):
            x, y = 1 - y, x
        return x, y


def _find_word_spans(text: str) -> list[tuple[int, int]]:
    spans, at = [], 0
    for word in text.split(" "):
        spans.append((at, at + len(word)))
        at += len(word) + 1
    return [(start, end) for start, end in spans if end > start]


def make_scans(count: int, *, quarters: Sequence[int] = ()) -> list[ScannedPage]:
    """Return scans of different pages, with the noise of an office scanner."""
    pages = printed_pages.make_pages()[:count]
    printed = pypdfium2.PdfDocument(printed_pages.make_pdf(*pages))
    scans = []
    for number, page in enumerate(pages):
        turn = quarters[number] if number < len(quarters) else 0
        image = printed[number].render(scale=_DPI / 72, grayscale=True).to_pil()
        noisy = add_noise(image, Random(number))
        scans.append(ScannedPage(page, noisy.rotate(-90 * turn, expand=True), turn))
    printed.close()
    return scans


def make_scan_pdf(scans: Sequence[ScannedPage]) -> bytes:
    """Return a PDF of these scans, without a text layer."""
    out = BytesIO()
    first, *others = (scan.image for scan in scans)
    first.save(out, "PDF", resolution=_DPI, save_all=True, append_images=others)
    return out.getvalue()


def make_detector(scans: Sequence[ScannedPage]) -> Callable[[bytes], list[Block]]:
    """Return a function that finds the scan in a picture, and returns its blocks."""
    known = [(_make_thumbnail(scan.image), scan.blocks()) for scan in scans]

    def detect(picture: bytes) -> list[Block]:
        shown = _make_thumbnail(Image.open(BytesIO(picture), formats=["PNG"]))
        distances = [float(np.abs(thumbnail - shown).mean()) for thumbnail, _ in known]
        assert min(distances) < 6, f"the picture shows none of the scans: {distances}"
        return known[distances.index(min(distances))][1]

    return detect


def _make_thumbnail(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L").resize(_THUMBNAIL_SIZE, Image.Resampling.BOX), dtype=np.float32)
