"""The order in which a person reads what was recognized on a page: row by row, from left to right.

A page that was scanned askew is straightened in its coordinates. Turning the picture would cost the letters more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, cos, hypot, sin
from statistics import median
from typing import Final

_SAME_ROW: Final = 0.6  # of a line's height between two middles
_GAP: Final = 1.0  # line heights between two cells of a row; words of a line are closer

type Point = Sequence[float]  # x to the right, y down


@dataclass(frozen=True)
class Line:
    """Text in a box, whose corners go round from the upper left one; how sure it is, from 0 to 1."""

    corners: tuple[Point, Point, Point, Point]
    text: str
    score: float

    @property
    def width(self) -> float:
        """Along the text, if it is upright."""
        return _distance(self.corners[0], self.corners[1])

    @property
    def height(self) -> float:
        """Across the text, if it is upright."""
        return _distance(self.corners[0], self.corners[3])

    @property
    def angle(self) -> float:
        """How far it leans, in radians."""
        (x, y), (end_x, end_y) = self.corners[0], self.corners[1]
        return atan2(end_y - y, end_x - x)


@dataclass(frozen=True)
class _Cell:
    x: float
    y: float
    line: Line

    @property
    def end(self) -> float:
        return self.x + self.line.width


def text_of(lines: Sequence[Line]) -> str:
    """Return the page's text; cells of a row are two spaces apart."""
    angle = median(line.angle for line in lines) if lines else 0.0
    cells = sorted((_straight(line, angle) for line in lines), key=lambda cell: cell.y)
    rows: list[list[_Cell]] = []
    for cell in cells:
        if rows and cell.y - rows[-1][-1].y < _SAME_ROW * min(cell.line.height, rows[-1][-1].line.height):
            rows[-1].append(cell)
        else:
            rows.append([cell])
    return "\n".join(_row(sorted(row, key=lambda cell: cell.x)) for row in rows)


def confidence_of(lines: Sequence[Line]) -> float | None:
    """Return how sure the recognition is of the page, each character counting alike."""
    length = sum(len(line.text) for line in lines)
    return round(sum(line.score * len(line.text) for line in lines) / length, 4) if length else None


def is_upright(lines: Sequence[Line]) -> bool:
    """Whether most lines are wider than they are high."""
    return sum(line.width >= line.height for line in lines) * 2 >= len(lines)


def _row(cells: list[_Cell]) -> str:
    text = cells[0].line.text
    for left, right in pairwise(cells):
        far = right.x - left.end > _GAP * right.line.height
        text += ("  " if far else " ") + right.line.text
    return text


def _straight(line: Line, angle: float) -> _Cell:
    (left, top), lower = line.corners[0], line.corners[3]
    middle = (top + lower[1]) / 2
    return _Cell(left * cos(angle) + middle * sin(angle), middle * cos(angle) - left * sin(angle), line)


def _distance(one: Point, other: Point) -> float:
    return hypot(other[0] - one[0], other[1] - one[1])
