"""Printed pages whose text is known, as scans and as Textract sees them: it knows a page by its picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from random import Random

import numpy as np
import pypdfium2  # type: ignore[import-untyped] # it has no types
from PIL import Image
from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped] # as above
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped] # as above
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped] # as above

from bench import printed_pages
from bench.printed_pages import PrintedPage

from .textract import Block, Point, page_block, text_block

WIDTH, HEIGHT = 595.276, 841.89  # A4 in points
_DOTS = 60  # an inch; no engine reads them here, and the noise of more takes seconds to pack
_THUMBNAIL_SIZE = (48, 68)  # a picture in which pages differ, and copies of one do not


@dataclass(frozen=True)
class Letter:
    """A scanned page, turned by quarters to the right, with its truth."""

    page: PrintedPage
    image: Image.Image
    quarters: int = 0

    @property
    def truth(self) -> str:
        """What stands on it."""
        return self.page.truth

    def blocks(self) -> list[Block]:
        """Return what Textract sees on it, in no order."""
        lines, words = [], []
        for run in self.page.runs:
            of_line = [self._word(run, word) for word in _spans(run.text)]
            ids = [word["Id"] for word in of_line]
            corners = self._corners(run, 0, len(run.text))
            lines.append(text_block("LINE", run.text, corners, children=ids))
            words += of_line
        Random(7).shuffle(lines)
        return [page_block([line["Id"] for line in lines]), *lines, *words]

    def _word(self, run: printed_pages.Run, span: tuple[int, int]) -> Block:
        return text_block("WORD", run.text[slice(*span)], self._corners(run, *span))

    def _corners(self, run: printed_pages.Run, start: int, end: int) -> list[Point]:
        """Return where some letters are, each taken to be as wide as all others."""
        letter = pdfmetrics.stringWidth(run.text, self.page.font, self.page.size) / len(run.text)
        left, right = run.x + start * letter, run.x + end * letter
        top, bottom = HEIGHT - run.y - 0.8 * self.page.size, HEIGHT - run.y + 0.2 * self.page.size
        lean = 0.002 * (right - left) * (-1 if run.y % 36 < 18 else 1)  # no two lines are seen quite in parallel
        points: list[Point] = [(left, top), (right, top + lean), (right, bottom + lean), (left, bottom)]
        return [self._turn(x / WIDTH, y / HEIGHT) for x, y in points]

    def _turn(self, x: float, y: float) -> Point:
        for _ in range(self.quarters):
            x, y = 1 - y, x
        return x, y


def _spans(text: str) -> list[tuple[int, int]]:
    spans, at = [], 0
    for word in text.split(" "):
        spans.append((at, at + len(word)))
        at += len(word) + 1
    return [(start, end) for start, end in spans if end > start]


def letters(count: int, *, quarters: Sequence[int] = ()) -> list[Letter]:
    """Return different pages, as an office scanner makes them."""
    some = printed_pages.make_pages()[:count]
    printed = pypdfium2.PdfDocument(printed_pages.make_pdf(*some))
    found = []
    for number, page in enumerate(some):
        turn = quarters[number] if number < len(quarters) else 0
        image = printed[number].render(scale=_DOTS / 72, grayscale=True).to_pil()
        noisy = printed_pages.noisy(image, Random(number))
        found.append(Letter(page, noisy.rotate(-90 * turn, expand=True), turn))
    printed.close()
    return found


def scan_pages(some: Sequence[Letter]) -> bytes:
    """Return a PDF that shows these pages and carries no text."""
    out = BytesIO()
    canvas = Canvas(out, invariant=True)
    for letter in some:
        size = (WIDTH, HEIGHT) if letter.quarters % 2 == 0 else (HEIGHT, WIDTH)
        canvas.setPageSize(size)
        canvas.drawImage(ImageReader(letter.image), 0, 0, *size)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def eyes(some: Sequence[Letter]) -> Callable[[bytes], list[Block]]:
    """Return a function that knows which page a picture shows."""
    known = [(_small(letter.image), letter.blocks()) for letter in some]

    def see(picture: bytes) -> list[Block]:
        shown = _small(Image.open(BytesIO(picture), formats=["PNG"]))
        far = [float(np.abs(one - shown).mean()) for one, _ in known]
        assert min(far) < 6, f"it is none of the pages: {far}"
        return known[far.index(min(far))][1]

    return see


def _small(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L").resize(_THUMBNAIL_SIZE, Image.Resampling.BOX), dtype=np.float32)
