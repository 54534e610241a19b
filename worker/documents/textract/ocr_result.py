"""Convert Textract's lines to an OCR result: Textract reads rotated text as it is, and returns where it found it."""

from collections.abc import Sequence
from math import atan2, pi
from typing import Final

from worker.documents.ocr import OcrResult
from worker.documents.reading_order import Corners, OcrLine, Point

from .answer import Polygon, TextractLine

_QUARTER_TURN: Final = pi / 2


def to_ocr_result(lines: Sequence[TextractLine], size: tuple[int, int]) -> OcrResult:
    """Return the lines of a page of this size, as if the page had been turned upright first."""
    turns = _count_turns(lines, size)
    upright = [
        OcrLine(
            _to_corners(line.polygon, size, turns),
            line.text,
            line.score,
            tuple(_to_corners(word, size, turns) for word in line.words),
        )
        for line in lines
    ]
    return OcrResult(upright, size if turns % 2 == 0 else (size[1], size[0]), 90 * turns)


def _count_turns(lines: Sequence[TextractLine], size: tuple[int, int]) -> int:
    """Return the quarter turns to the left after which most of the text is upright."""
    # Directions are added up: a mean of angles goes wrong where they wrap around.
    across = sum(line.polygon[2] - line.polygon[0] for line in lines) * size[0]
    down = sum(line.polygon[3] - line.polygon[1] for line in lines) * size[1]
    return round(atan2(down, across) / _QUARTER_TURN) % 4


def _to_corners(polygon: Polygon, size: tuple[int, int], turns: int) -> Corners:
    a, b, c, d, e, f, g, h = polygon
    return (
        _turn(a, b, size, turns),
        _turn(c, d, size, turns),
        _turn(e, f, size, turns),
        _turn(g, h, size, turns),
    )


def _turn(across: float, down: float, size: tuple[int, int], turns: int) -> Point:
    width, height = size
    x, y = across * width, down * height
    match turns:
        case 1:
            return y, width - x
        case 2:
            return width - x, height - y
        case 3:
            return height - y, x
        case _:
            return x, y
