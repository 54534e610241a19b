"""Put recognized lines in the order in which a person reads them: row by row, and columns of prose one by one.

The coordinates of a skewed page are straightened; rotating its image would blur the letters. The corners of each word
come in the same order. Where an engine returns whole lines only, a line is divided among its words by typical letter
widths: the ends are off by a seventh of the line's height, and by less than half of it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import atan2, cos, hypot, sin
from statistics import fmean, median
from typing import TYPE_CHECKING, Final

from .columns import Gutter, Strip, find_gutter, is_right_of

if TYPE_CHECKING:
    from PIL.Image import Image

_ROW_OFFSET: Final = 0.6  # share of a line's height between the middles of two lines of one row
_OVERLAP: Final = 0.5  # share of a line's height: boxes of neighbors may touch
_OPEN_ROWS: Final = 3  # the last ones, which a cell of another column may still belong to
_CELL_GAP: Final = 1.0  # line heights between two cells of a row; words of a line are closer
_NARROW_LETTERS: Final = frozenset("iljtfrI.,;:'|!()[]/- ")  # half as wide as most
_WIDE_LETTERS: Final = frozenset("mwMWOQ@%")
_CAPITAL_WIDTH: Final = 1.2

type Point = Sequence[float]  # x to the right, y down
type Corners = tuple[Point, Point, Point, Point]  # clockwise from the upper left one


@dataclass(frozen=True)
class OcrLine:
    """A line that an OCR engine has read, with its confidence from 0 to 1 and the corners of its words, if known."""

    corners: Corners
    text: str
    score: float
    words: tuple[Corners, ...] | None = None

    @property
    def width(self) -> float:
        """The side along the text, if it is upright."""
        return _distance(self.corners[0], self.corners[1])

    @property
    def height(self) -> float:
        """The side across the text, if it is upright."""
        return _distance(self.corners[0], self.corners[3])

    @property
    def angle(self) -> float:
        """The skew, in radians."""
        (x, y), (end_x, end_y) = self.corners[0], self.corners[1]
        return atan2(end_y - y, end_x - x)

    @property
    def word_corners(self) -> Sequence[Corners]:
        """The corners of each word."""
        if self.words is not None and len(self.words) == len(self.text.split()):
            return self.words
        return _divide(self)


type RecognizeLines = Callable[["Image"], list[OcrLine]]  # an OCR engine on this machine


@dataclass(frozen=True)
class OrderedText:
    """A page's text, and the corners of each of its words on the image."""

    text: str
    word_corners: tuple[Corners, ...]


@dataclass(frozen=True)
class _Cell:
    x: float
    y: float
    line: OcrLine

    @property
    def end(self) -> float:
        return self.x + self.line.width


def in_reading_order(lines: Sequence[OcrLine]) -> OrderedText:
    """Return the page's text, and the corners of its words in the same order. Cells of a row are two spaces apart."""
    rows = _order_rows(lines)
    text = "\n".join(_join_row(row) for row in rows)
    return OrderedText(text, tuple(corners for row in rows for cell in row for corners in cell.line.word_corners))


def _order_rows(lines: Sequence[OcrLine]) -> list[list[_Cell]]:
    angle = median(line.angle for line in lines) if lines else 0.0
    return list(_read([_straighten(line, angle) for line in lines]))


def _read(cells: Sequence[_Cell]) -> Iterator[list[_Cell]]:
    """Yield the rows; those of two columns of prose column by column, between the lines that cross both."""
    rows = _group_rows(cells)
    strips = [strip for row in rows for strip in _split_row(row)]
    gutter = find_gutter([_to_strip(strip) for strip in strips])
    if gutter is None:
        yield from rows
        return
    parts: dict[tuple[int, int], list[_Cell]] = {}
    for strip in strips:
        parts.setdefault(_place_of(_to_strip(strip), gutter), []).extend(strip)
    for _, part in sorted(parts.items()):
        yield from _read(part) if len(part) < len(cells) else _group_rows(part)


def _place_of(strip: Strip, gutter: Gutter) -> tuple[int, int]:
    """Return a strip's band, and its part there: 0 rows or the left column, 1 the right one, 2 its end."""
    band = gutter.band_of(strip.middle)
    if gutter.is_crossed_by(strip):
        return band, 2
    return band, int(gutter.columns[band] and is_right_of(gutter.x, strip))


def _split_row(row: Sequence[_Cell]) -> Iterator[list[_Cell]]:
    """Split a row at gaps that are wider than a space, and between lines that an OCR engine found apart."""
    strip = [row[0]]
    for left, right in pairwise(row):
        if _is_far(left, right) or (" " in left.line.text and " " in right.line.text):
            yield strip
            strip = []
        strip.append(right)
    yield strip


def _to_strip(cells: Sequence[_Cell]) -> Strip:
    height = median(cell.line.height for cell in cells)
    text = " ".join(cell.line.text for cell in cells)
    return Strip(cells[0].x, max(cell.end for cell in cells), _middle(cells), height, text)


def _group_rows(cells: Sequence[_Cell]) -> list[list[_Cell]]:
    rows: list[list[_Cell]] = []
    for cell in sorted(cells, key=lambda cell: cell.y):
        row = min(
            (row for row in rows[-_OPEN_ROWS:] if _fits(cell, row)), key=lambda row: cell.y - _middle(row), default=None
        )
        if row is None:
            rows.append([cell])
        else:
            row.append(cell)
    return [sorted(row, key=lambda cell: cell.x) for row in rows]


def _fits(cell: _Cell, row: Sequence[_Cell]) -> bool:
    """Whether a cell is on a row. One that overlaps another from side to side is below it.

    The row's middle counts: its last cell would chain the lines of other columns, each a little lower.
    """
    height = min(one.line.height for one in (cell, *row))
    edge = _OVERLAP * cell.line.height
    return cell.y - _middle(row) < _ROW_OFFSET * height and all(
        cell.end <= other.x + edge or other.end <= cell.x + edge for other in row
    )


def _middle(row: Sequence[_Cell]) -> float:
    return fmean(cell.y for cell in row)


def confidence_of(lines: Sequence[OcrLine]) -> float | None:
    """Return the mean confidence of the page's characters."""
    length = sum(len(line.text) for line in lines)
    return round(sum(line.score * len(line.text) for line in lines) / length, 4) if length else None


def is_upright(lines: Sequence[OcrLine]) -> bool:
    """Whether most lines are wider than they are high."""
    return sum(line.width >= line.height for line in lines) * 2 >= len(lines)


def _join_row(cells: list[_Cell]) -> str:
    text = cells[0].line.text
    for left, right in pairwise(cells):
        text += ("  " if _is_far(left, right) else " ") + right.line.text
    return text


def _is_far(left: _Cell, right: _Cell) -> bool:
    return right.x - left.end > _CELL_GAP * right.line.height


def _straighten(line: OcrLine, angle: float) -> _Cell:
    (left, top), lower = line.corners[0], line.corners[3]
    middle = (top + lower[1]) / 2
    return _Cell(left * cos(angle) + middle * sin(angle), middle * cos(angle) - left * sin(angle), line)


def _divide(line: OcrLine) -> list[Corners]:
    widths = [_width_of(letter) for letter in line.text]
    offsets = list(accumulate(widths, initial=0.0))
    total = offsets[-1]
    ends = ((offsets[word.start()] / total, offsets[word.end()] / total) for word in re.finditer(r"\S+", line.text))
    upper_left, upper_right, lower_right, lower_left = line.corners
    return [
        (
            _interpolate(upper_left, upper_right, start),
            _interpolate(upper_left, upper_right, end),
            _interpolate(lower_left, lower_right, end),
            _interpolate(lower_left, lower_right, start),
        )
        for start, end in ends
    ]


def _width_of(letter: str) -> float:
    if letter in _NARROW_LETTERS:
        return 0.5
    if letter in _WIDE_LETTERS:
        return 1.5
    return _CAPITAL_WIDTH if letter.isupper() else 1.0


def _interpolate(one: Point, other: Point, share: float) -> Point:
    return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share


def _distance(one: Point, other: Point) -> float:
    return hypot(other[0] - one[0], other[1] - one[1])
