"""Combine two engines: Tesseract reads the page, RapidOCR reads what Tesseract doubts or misses.

Tesseract loses half of a page that is darker on one side, so the page's light is evened first. Its confidence is
reliable for words that it reads, but it does not report words that it misses. So the page's ink is compared with the
words found. If ink is left over, the confident words are covered, and RapidOCR reads the rest. Stamps and drawings are
ink, too: they cost time and add no text. The thresholds were found on pages of bench/printed_pages.py; `make bench
ARGS=reading` measures them on others.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from contract.engines import Alphabet

from . import rapidocr, tesseract
from .paper import Paper
from .rapidocr import RapidOcr
from .reading_order import OcrLine, RecognizeLines
from .tesseract import RecognizeRows, Row

if TYPE_CHECKING:
    from PIL.Image import Image

_MIN_CONFIDENCE: Final = 0.8  # a cell with a word below it is read again
_MAX_DOUBTED_SHARE: Final = 0.5  # share of the lines: beyond it even the positions of lines are unreliable
_MAX_MISSED_INK: Final = 0.005  # share of the ink: pages that Tesseract reads well have none
_CELL_GAP: Final = 1.0  # line heights between two cells of a row: read as one, they would lose the space between them
_MARGIN: Final = 0.25  # share of a line's height that is cut out around the line


def load(tessdata: str, alphabet: Alphabet) -> RecognizeLines:
    """Return an engine that uses both."""
    return combine(tesseract.load(tessdata), rapidocr.load(alphabet))


def combine(recognize_rows: RecognizeRows, rapid_ocr: RapidOcr) -> RecognizeLines:
    """Return an engine that reads rows with the first, and doubtful or missed text with the second."""

    def recognize(image: "Image") -> list[OcrLine]:
        paper = Paper.of(image)
        rows = [cell for row in tesseract.rejoin(recognize_rows(paper.even_light())) for cell in _split_cells(row)]
        doubted = [row for row in rows if row.line.score < _MIN_CONFIDENCE]
        if len(doubted) >= _MAX_DOUBTED_SHARE * len(rows):
            return rapid_ocr.recognize(image)
        confident = _words_of(row for row in rows if row not in doubted)
        if paper.measure_missed_ink(_words_of(rows)) > _MAX_MISSED_INK:
            return confident + _recognize_rest(paper, confident, rapid_ocr)
        return confident + [_read_again(image, row.line, rapid_ocr) for row in doubted]

    return recognize


def _split_cells(row: Row) -> Iterator[Row]:
    """Split a row where the gap between two words is wider than a space."""
    words = list(row.words[:1])
    for before, word in pairwise(row.words):
        if word.corners[0][0] - before.corners[1][0] > _CELL_GAP * before.height:
            yield replace(row, words=tuple(words))
            words.clear()
        words.append(word)
    yield replace(row, words=tuple(words))


def _words_of(rows: Iterable[Row]) -> list[OcrLine]:
    return [word for row in rows for word in row.words]


def _recognize_rest(paper: Paper, covered: list[OcrLine], engine: RapidOcr) -> list[OcrLine]:
    """Read what is left when these words are covered."""
    rest, (left, top, _, _) = paper.cover(covered)
    return [_move(line, left, top) for line in engine.recognize(rest)]


def _move(line: OcrLine, left: int, top: int) -> OcrLine:
    a, b, c, d = ((x + left, y + top) for x, y in line.corners)
    return OcrLine((a, b, c, d), line.text, line.score)


def _read_again(image: "Image", line: OcrLine, engine: RapidOcr) -> OcrLine:
    text, score = engine.read_line(cut_out(image, line))
    return OcrLine(line.corners, text, score) if text else line


def cut_out(image: "Image", line: OcrLine) -> "Image":
    """Return the image of one line, straightened, with a margin."""
    from PIL import Image  # noqa: PLC0415 the worker imports this module, and must not load the library

    edge = line.height * _MARGIN
    size = (max(8, int(line.width + 2 * edge)), max(8, int(line.height + 2 * edge)))
    (a, b), (c, d), (e, f), (g, h) = line.corners
    corners = (a - edge, b - edge, g - edge, h + edge, e + edge, f + edge, c + edge, d - edge)  # counterclockwise
    return image.transform(size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)
