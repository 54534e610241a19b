"""Both recognitions, each where it is better: Tesseract reads the page, RapidOCR what it doubts or overlooks.

Tesseract loses half of a page that is darker on one side, so it gets the page under even light. It is sure of what it
reads, and silent about what it overlooks: so the ink on the page is held against what it has read. Where ink is left
over, what is sure is covered, and RapidOCR looks at the rest; a stamp or a drawing is ink as well, which costs time and
no text. The thresholds were found on pages of bench/written.py; `make bench ARGS=reading` measures them on others.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from . import recognizer, tesseract
from .paper import Paper
from .reading import Line
from .recognizer import Look, RapidOcr
from .tesseract import LookAtRows, Row

if TYPE_CHECKING:
    from PIL.Image import Image

_SURE: Final = 0.8  # of every word in a cell; one below it has the cell read again
_IN_DOUBT: Final = 0.5  # of the lines: beyond it not even where the lines are can be relied on
_OVERLOOKED: Final = 0.005  # of the ink: pages that Tesseract reads well have none
_FAR: Final = 1.0  # line heights between two cells of a row: read as one, they would lose the blank between them
_MARGIN: Final = 0.25  # of a line's height around it


def load(tessdata: str) -> Look:
    """Return a function that sees lines in a picture. RapidOCR is loaded when it is needed."""
    return mixed(tesseract.load(tessdata), cache(recognizer.load))


def mixed(look_at_rows: LookAtRows, careful: Callable[[], RapidOcr]) -> Look:
    """Return a function that asks the first, and the second where that may not be enough."""

    def look(image: "Image") -> list[Line]:
        paper = Paper.under(image)
        rows = [cell for row in tesseract.healed(look_at_rows(paper.evened())) for cell in _cells(row)]
        doubted = [row for row in rows if row.line.score < _SURE]
        if len(doubted) >= _IN_DOUBT * len(rows):
            return careful().look(image)
        sure = _words(row for row in rows if row not in doubted)
        if paper.overlooked(_words(rows)) > _OVERLOOKED:
            return sure + _seen_beside(paper, sure, careful())
        return sure + [_read_again(image, row.line, careful()) for row in doubted]

    return look


def _cells(row: Row) -> Iterator[Row]:
    """Divide a row where there is more than a blank between two words."""
    words = list(row.words[:1])
    for before, word in pairwise(row.words):
        if word.corners[0][0] - before.corners[1][0] > _FAR * before.height:
            yield replace(row, words=tuple(words))
            words.clear()
        words.append(word)
    yield replace(row, words=tuple(words))


def _words(rows: Iterable[Row]) -> list[Line]:
    return [word for row in rows for word in row.words]


def _seen_beside(paper: Paper, sure: list[Line], careful: RapidOcr) -> list[Line]:
    """Look at what is left when the words that are sure are covered."""
    rest, (left, top, _, _) = paper.rest(sure)
    return [_moved(line, left, top) for line in careful.look(rest)]


def _moved(line: Line, left: int, top: int) -> Line:
    a, b, c, d = ((x + left, y + top) for x, y in line.corners)
    return Line((a, b, c, d), line.text, line.score)


def _read_again(image: "Image", line: Line, careful: RapidOcr) -> Line:
    text, score = careful.read(strip(image, line))
    return Line(line.corners, text, score) if text else line


def strip(image: "Image", line: Line) -> "Image":
    """Return a line cut out of the page, straight, with some paper around it."""
    from PIL import Image  # noqa: PLC0415 the worker imports what leads here, and must not carry the library

    edge = line.height * _MARGIN
    size = (max(8, int(line.width + 2 * edge)), max(8, int(line.height + 2 * edge)))
    (a, b), (c, d), (e, f), (g, h) = line.corners
    corners = (a - edge, b - edge, g - edge, h + edge, e + edge, f + edge, c + edge, d - edge)  # against the clock
    return image.transform(size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)
