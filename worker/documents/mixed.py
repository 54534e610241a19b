"""Both recognitions, each where it is better: Tesseract reads the page, RapidOCR the lines that it doubts.

Tesseract is sure of what it reads, and silent about what it overlooks. So the ink on the page is held against what it
has read: where ink is left over, where the page leans or where too much is in doubt, RapidOCR reads all of the page.
A stamp or a drawing is ink as well: that costs time, and no text. The thresholds were found on pages of
bench/written.py and are on the side of doubt; `make bench ARGS=reading` measures them on others.
"""

from collections.abc import Callable, Sequence
from functools import cache
from statistics import median
from typing import TYPE_CHECKING, Final

from . import recognizer, tesseract
from .reading import Line
from .recognizer import Look, RapidOcr
from .tesseract import LookAtRows, Row

if TYPE_CHECKING:
    from PIL.Image import Image

_SURE: Final = 0.8  # of every word in a line; one below it has the line read again
_IN_DOUBT: Final = 1 / 3  # of the lines: beyond it reading them one by one costs what the whole page does
_OVERLOOKED: Final = 0.005  # of the ink: pages that Tesseract reads well have none
_LEANING: Final = 0.01  # radians; at three times that it loses half a page now and then
_COARSE: Final = 4  # pixels of the page are one of those in which ink is looked for: specks vanish, words stay
_DARK: Final = 0.18  # darker than the paper around it by this share
_PAPER: Final = 9  # coarse pixels: somewhere in a square as wide as that there is paper
_SHADE: Final = 12  # coarse pixels over which its brightness is evened out
_MARGIN: Final = 0.25  # of a line's height around it


def load(tessdata: str) -> Look:
    """Return a function that sees lines in a picture. RapidOCR is loaded when it is needed."""
    return mixed(tesseract.load(tessdata), cache(recognizer.load))


def mixed(look_at_rows: LookAtRows, careful: Callable[[], RapidOcr]) -> Look:
    """Return a function that asks the first, and the second where that may not be enough."""

    def look(image: "Image") -> list[Line]:
        rows = tesseract.healed(look_at_rows(image))
        doubted = [row for row in rows if row.line.score < _SURE]
        if not rows or len(doubted) > _IN_DOUBT * len(rows) or _leans(rows) or overlooked(image, rows) > _OVERLOOKED:
            return careful().look(image)
        words = [word for row in rows if row not in doubted for word in row.words]
        return words + [_read_again(image, row.line, careful()) for row in doubted]

    return look


def _leans(rows: Sequence[Row]) -> bool:
    return abs(median(row.line.angle for row in rows)) > _LEANING


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


def overlooked(image: "Image", rows: Sequence[Row]) -> float:
    """Return the share of the ink on the page that no word covers."""
    import numpy as np  # noqa: PLC0415 as above
    from PIL import Image, ImageFilter  # noqa: PLC0415

    width, height = (max(1, side // _COARSE) for side in image.size)
    coarse = image.resize((width, height), Image.Resampling.BOX)
    around = coarse.filter(ImageFilter.MaxFilter(_PAPER)).filter(ImageFilter.BoxBlur(_SHADE))
    paper = np.asarray(around, dtype=np.float32)
    ink = paper - np.asarray(coarse, dtype=np.float32) > _DARK * paper
    every = int(ink.sum())
    for word in (word for row in rows for word in row.words):
        across, down = zip(*word.corners, strict=True)
        edge = word.height * _MARGIN
        left, top = (max(0, int((min(side) - edge) / _COARSE)) for side in (across, down))
        right, bottom = (int((max(side) + edge) / _COARSE) + 1 for side in (across, down))
        ink[top:bottom, left:right] = False
    return int(ink.sum()) / every if every else 0.0
