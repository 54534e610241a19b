"""The order in which a person reads what was recognized on a page: row by row, from left to right.

A page that was scanned askew is straightened in its coordinates. Turning the picture would cost the letters more.
Where each word stands comes in the same order. An engine that sees lines only has them divided among their words, by
how wide letters are in most typefaces: the ends are off by a seventh of the line's height, and by less than half of it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import atan2, cos, hypot, sin
from statistics import median
from typing import Final

_SAME_ROW: Final = 0.6  # of a line's height between two middles
_GAP: Final = 1.0  # line heights between two cells of a row; words of a line are closer
_NARROW: Final = frozenset("iljtfrI.,;:'|!()[]/- ")  # half as wide as most
_WIDE: Final = frozenset("mwMWOQ@%")
_CAPITAL: Final = 1.2

type Point = Sequence[float]  # x to the right, y down
type Corners = tuple[Point, Point, Point, Point]  # round from the upper left one


@dataclass(frozen=True)
class Line:
    """Text in a box; how sure it is, from 0 to 1; and the box of each of its words, where the engine knows them."""

    corners: Corners
    text: str
    score: float
    words: tuple[Corners, ...] | None = None

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

    @property
    def places(self) -> Sequence[Corners]:
        """Where each word of the text is."""
        if self.words is not None and len(self.words) == len(self.text.split()):
            return self.words
        return _divided(self)


@dataclass(frozen=True)
class Written:
    """What stands on a page, and where each word of it that blanks divide is in the picture."""

    text: str
    places: tuple[Corners, ...]


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
    return written(lines).text


def written(lines: Sequence[Line]) -> Written:
    """Return the page's text, and the places of its words in the same order."""
    rows = _rows(lines)
    text = "\n".join(_row(row) for row in rows)
    return Written(text, tuple(place for row in rows for cell in row for place in cell.line.places))


def _rows(lines: Sequence[Line]) -> list[list[_Cell]]:
    angle = median(line.angle for line in lines) if lines else 0.0
    cells = sorted((_straight(line, angle) for line in lines), key=lambda cell: cell.y)
    rows: list[list[_Cell]] = []
    for cell in cells:
        if rows and cell.y - rows[-1][-1].y < _SAME_ROW * min(cell.line.height, rows[-1][-1].line.height):
            rows[-1].append(cell)
        else:
            rows.append([cell])
    return [sorted(row, key=lambda cell: cell.x) for row in rows]


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


def _divided(line: Line) -> list[Corners]:
    widths = [_width(sign) for sign in line.text]
    so_far = list(accumulate(widths, initial=0.0))
    whole = so_far[-1]
    ends = ((so_far[word.start()] / whole, so_far[word.end()] / whole) for word in re.finditer(r"\S+", line.text))
    upper_left, upper_right, lower_right, lower_left = line.corners
    return [
        (
            _between(upper_left, upper_right, start),
            _between(upper_left, upper_right, end),
            _between(lower_left, lower_right, end),
            _between(lower_left, lower_right, start),
        )
        for start, end in ends
    ]


def _width(sign: str) -> float:
    if sign in _NARROW:
        return 0.5
    if sign in _WIDE:
        return 1.5
    return _CAPITAL if sign.isupper() else 1.0


def _between(one: Point, other: Point, share: float) -> Point:
    return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share


def _distance(one: Point, other: Point) -> float:
    return hypot(other[0] - one[0], other[1] - one[1])
