"""From what Textract saw to lines on an upright page: it reads turned text as it stands, and says where that is."""

from collections.abc import Sequence
from math import atan2, pi
from typing import Final

from worker.documents.ocr import Sight
from worker.documents.reading import Corners, Line, Point

from .answer import Place, Seen

_QUARTER: Final = pi / 2


def sight_of(seen: Sequence[Seen], size: tuple[int, int]) -> Sight:
    """Return what was seen on a page of this size, as if the page had been turned for it."""
    turns = _turns(seen, size)
    lines = [
        Line(
            _corners(one.place, size, turns),
            one.text,
            one.score,
            tuple(_corners(word, size, turns) for word in one.words),
        )
        for one in seen
    ]
    return Sight(lines, size if turns % 2 == 0 else (size[1], size[0]), 90 * turns)


def _turns(seen: Sequence[Seen], size: tuple[int, int]) -> int:
    """Return by how many quarters the page must be turned to the left: as most of its text stands."""
    # Directions are added up, because a mean of angles goes wrong where they start again.
    across = sum(one.place[2] - one.place[0] for one in seen) * size[0]
    down = sum(one.place[3] - one.place[1] for one in seen) * size[1]
    return round(atan2(down, across) / _QUARTER) % 4


def _corners(place: Place, size: tuple[int, int], turns: int) -> Corners:
    a, b, c, d, e, f, g, h = place
    return (
        _turned(a, b, size, turns),
        _turned(c, d, size, turns),
        _turned(e, f, size, turns),
        _turned(g, h, size, turns),
    )


def _turned(across: float, down: float, size: tuple[int, int], turns: int) -> Point:
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
