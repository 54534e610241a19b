"""Boxes of words, in shares of the page as a viewer shows it, and their packed form.

OCR engines and text layers both give their words such boxes.
"""

import struct
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_STEPS: Final = 65_535  # steps on a page's side, each a tenth of a pixel at 600 dpi
_SIDES: Final = 4

type Box = tuple[float, float, float, float]  # left, top, right and bottom, from 0 to 1


@dataclass(frozen=True)
class Word:
    """A word and its box."""

    text: str
    box: Box


def bounding_box(boxes: Sequence[Box]) -> Box:
    """Return the smallest box that holds all of them."""
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


def pack_boxes(boxes: Iterable[Box]) -> str:
    """Encode boxes for `PageText.boxes`."""
    numbers = [round(min(max(side, 0.0), 1.0) * _STEPS) for box in boxes for side in box]
    return b64encode(struct.pack(f">{len(numbers)}H", *numbers)).decode()


def unpack_boxes(boxes: str) -> list[Box]:
    """Decode packed boxes, to the precision of the encoding."""
    data = b64decode(boxes, validate=True)
    sides = [number / _STEPS for number in struct.unpack(f">{len(data) // 2}H", data)]
    return [(sides[at], sides[at + 1], sides[at + 2], sides[at + 3]) for at in range(0, len(sides), _SIDES)]
