"""Find the gutter between two columns of running text, which a person reads one after the other.

Cells of a table, and labels with their values, are read row by row. So a gutter counts only between parts that look
like prose: several lines on each side, most of them long and of letters. Lines that cross the gutter, such as titles,
divide the page into bands.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

_MIN_LINES: Final = 6  # on each side of a band; an address has fewer
_MIN_CHARACTERS: Final = 20  # the shortest line of prose
_MIN_WORDS: Final = 4
_MIN_LETTERS: Final = 0.75  # share of the non-blank characters
_MIN_PROSE: Final = 0.6  # share of a column's characters
_MAX_CROSSING: Final = 0.3  # share of the lines
_EDGE: Final = 0.4  # line heights by which a line may reach into the gutter
_MAX_PLACES: Final = 12  # where the most lines begin


@dataclass(frozen=True)
class Strip:
    """A line of one column: its sides from left to right, its middle from top to bottom, its height, and its text."""

    start: float
    end: float
    middle: float
    height: float
    text: str


@dataclass(frozen=True)
class Gutter:
    """The left edge of a column, and the middles of the lines that cross it, which separate bands."""

    x: float
    crossing: tuple[float, ...] = ()
    columns: tuple[bool, ...] = ()  # for each band from top to bottom: whether it has two columns of prose

    def band_of(self, y: float) -> int:
        """Return the number of the band in which a line stands; a line that crosses the gutter ends one."""
        return sum(y > line for line in self.crossing)

    def is_crossed_by(self, strip: Strip) -> bool:
        """Whether a line belongs to both columns."""
        edge = _EDGE * strip.height
        return strip.start < self.x - edge and strip.end > self.x + edge


def find_gutter(strips: Sequence[Strip]) -> Gutter | None:
    """Return the gutter between columns of prose that the fewest lines cross."""
    if len(strips) < 2 * _MIN_LINES:
        return None
    grid = _EDGE * median(one.height for one in strips)
    starts = Counter(round(one.start / grid) * grid for one in strips).most_common(_MAX_PLACES)
    places = [Gutter(x) for x, count in starts if count > 1]
    crossed = {place: sum(map(place.is_crossed_by, strips)) for place in places}
    likely = (
        place for place in sorted(places, key=crossed.__getitem__) if crossed[place] <= _MAX_CROSSING * len(strips)
    )
    return next(filter(None, (_with_bands(place, strips) for place in likely)), None)


def _with_bands(place: Gutter, strips: Sequence[Strip]) -> Gutter | None:
    gutter = replace(place, crossing=tuple(sorted(one.middle for one in strips if place.is_crossed_by(one))))
    bands: list[list[Strip]] = [[] for _ in range(len(gutter.crossing) + 1)]
    for one in strips:
        if not gutter.is_crossed_by(one):
            bands[gutter.band_of(one.middle)].append(one)
    columns = tuple(_has_columns(gutter.x, band) for band in bands)
    return replace(gutter, columns=columns) if any(columns) else None


def _has_columns(x: float, band: Sequence[Strip]) -> bool:
    return all(_is_prose([one for one in band if is_right_of(x, one) is side]) for side in (False, True))


def is_right_of(x: float, strip: Strip) -> bool:
    """Whether a line that does not cross the gutter stands in the right column."""
    return strip.start + strip.end > 2 * x


def _is_prose(side: Sequence[Strip]) -> bool:
    """Whether a column has enough lines of prose and is mostly prose: figures and formulas may stand between."""
    prose = [len(one.text) for one in side if _reads_as_prose(one.text)]
    return len(prose) >= _MIN_LINES and sum(prose) >= _MIN_PROSE * sum(len(one.text) for one in side)


def _reads_as_prose(text: str) -> bool:
    words = text.split()
    letters = sum(map(str.isalpha, text))
    return len(text) >= _MIN_CHARACTERS and len(words) >= _MIN_WORDS and letters >= _MIN_LETTERS * len("".join(words))
