"""Where words stand on a page: boxes in shares of it, as a viewer shows the page, and their short form in a file.

It knows no engine and no page: whoever sees words says where they are.
"""

import struct
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_MOST: Final = 65_535  # of a page's side: a tenth of a pixel at 600 dpi
_SIDES: Final = 4

type Box = tuple[float, float, float, float]  # left, top, right and bottom, from 0 to 1


@dataclass(frozen=True)
class Word:
    """A word, and where it stands."""

    text: str
    box: Box


def around(boxes: Sequence[Box]) -> Box:
    """Return the box around all of them."""
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


def packed(boxes: Iterable[Box]) -> str:
    """Return them as a page keeps them; see `PageText.boxes`."""
    numbers = [round(min(max(side, 0.0), 1.0) * _MOST) for box in boxes for side in box]
    return b64encode(struct.pack(f">{len(numbers)}H", *numbers)).decode()


def unpacked(boxes: str) -> list[Box]:
    """Return what was packed, as exactly as that keeps it."""
    data = b64decode(boxes, validate=True)
    sides = [number / _MOST for number in struct.unpack(f">{len(data) // 2}H", data)]
    return [(sides[at], sides[at + 1], sides[at + 2], sides[at + 3]) for at in range(0, len(sides), _SIDES)]
