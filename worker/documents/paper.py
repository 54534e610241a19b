"""The paper under the ink: how bright it is where, what is darker than it, and a page as if under even light.

It knows no letters: a logo and a thumb are ink as well; only rules, frames and the outlines of stamps are none. Its
libraries are imported late, because the worker imports what leads here and must not carry them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from .reading import Line

if TYPE_CHECKING:
    from PIL.Image import Image

_COARSE: Final = 4  # pixels of the page are one of those in which ink is looked for: specks vanish, words stay
_DARK: Final = 0.18  # darker than the paper around it by this share
_PAPER: Final = 9  # coarse pixels: somewhere in a square as wide as that there is paper
_SHADE: Final = 12  # coarse pixels over which its brightness is evened out
_EVEN: Final = 0.85  # of the brightest paper; below it one threshold for the whole page takes paper for ink
_ENDS: Final = (2, 98)  # percent: what is darker or brighter than these is no part of the comparison
_SOFT: Final = 0.7  # pixels: bad light comes with grain, which more contrast would make letters of
_LONG: Final = 60  # coarse pixels that nothing interrupts: no word is as long, but rules are
_FLAT: Final = 2  # coarse pixels: words are higher, pieces of rules and specks are not
_LARGE: Final = 40  # coarse pixels: what hangs together, is larger than that,
_HOLLOW: Final = 0.15  # and fills less of its box is an outline; letters that hang together fill twice as much
_MARGIN: Final = 0.25  # of a word's height around it

type Frame = tuple[int, int, int, int]  # left, top, right, bottom


@dataclass(frozen=True)
class Paper:
    """A page, a coarse copy of it, and one in which there is nothing but paper."""

    image: "Image"
    coarse: "Image"
    bare: "Image"

    @classmethod
    def under(cls, image: "Image") -> Self:
        """Find the paper of a page."""
        from PIL import Image, ImageFilter  # noqa: PLC0415 see the module's first lines

        width, height = (max(1, side // _COARSE) for side in image.size)
        coarse = image.resize((width, height), Image.Resampling.BOX)
        return cls(image, coarse, coarse.filter(ImageFilter.MaxFilter(_PAPER)).filter(ImageFilter.BoxBlur(_SHADE)))

    def evened(self) -> "Image":
        """Return the page with paper that is white everywhere; as it is if its paper is even."""
        import numpy as np  # noqa: PLC0415 as above
        from PIL import Image, ImageFilter  # noqa: PLC0415

        dark, bright = np.percentile(np.asarray(self.bare), _ENDS)
        if dark >= _EVEN * bright:
            return self.image
        bare = np.asarray(self.bare.resize(self.image.size, Image.Resampling.BILINEAR), dtype=np.float32)
        soft = np.asarray(self.image.filter(ImageFilter.GaussianBlur(_SOFT)), dtype=np.float32)
        return Image.fromarray(np.clip(soft * 255 / np.maximum(bare, 1), 0, 255).astype(np.uint8))

    def overlooked(self, words: Iterable[Line]) -> float:
        """Return the share of the ink that no word covers and nobody has drawn."""
        ink = self._ink()
        uncovered = self._uncovered(words, ink)
        rest = int((uncovered & ~_drawn(uncovered)).sum())
        return rest / (int((ink & ~uncovered).sum()) + rest) if rest else 0.0

    def rest(self, words: Iterable[Line]) -> tuple["Image", Frame]:
        """Return what is left of the page when these words are covered with paper, and the frame that holds it."""
        import numpy as np  # noqa: PLC0415 as above

        words = list(words)
        ink = self._uncovered(words, self._ink())
        ink &= ~_drawn(ink)
        copy, brightness = self.image.copy(), np.asarray(self.bare)
        for frame in map(_frame, words):
            left, top, right, bottom = (side // _COARSE for side in frame)
            middle = min((top + bottom) // 2, self.bare.height - 1), min((left + right) // 2, self.bare.width - 1)
            copy.paste(int(brightness[middle]), frame)
        down, across = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        around = 2 * _PAPER  # coarse pixels: a line is found better with some paper around it
        left, top = (max(0, int(side[0]) - around) * _COARSE for side in (across, down))
        right, bottom = ((int(side[-1]) + around) * _COARSE for side in (across, down))
        frame = (left, top, min(right, copy.width), min(bottom, copy.height))
        return copy.crop(frame), frame

    def _ink(self) -> Any:  # noqa: ANN401 an array of the library that is imported late
        import numpy as np  # noqa: PLC0415 as above

        bare = np.asarray(self.bare, dtype=np.float32)
        return bare - np.asarray(self.coarse, dtype=np.float32) > _DARK * bare

    def _uncovered(self, words: Iterable[Line], ink: Any) -> Any:  # noqa: ANN401 as above
        rest = ink.copy()
        for left, top, right, bottom in map(_frame, words):
            rest[top // _COARSE : bottom // _COARSE + 1, left // _COARSE : right // _COARSE + 1] = False
        return rest


def _drawn(ink: Any) -> Any:  # noqa: ANN401 as above
    """Return rules and specks, and what hangs together as letters do not."""
    import cv2  # noqa: PLC0415 as above
    import numpy as np  # noqa: PLC0415

    every = ink.astype(np.uint8)
    ways = (np.ones((1, _LONG), np.uint8), np.ones((_LONG, 1), np.uint8))
    across, down = (cv2.morphologyEx(every, cv2.MORPH_OPEN, way) > 0 for way in ways)
    rules = across | down
    _, labels, found, _ = cv2.connectedComponentsWithStats((ink & ~rules).astype(np.uint8), connectivity=8)
    width, height, area = (found[:, column] for column in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
    is_outline = (np.maximum(width, height) >= _LARGE) & (area < _HOLLOW * width * height)
    is_piece = (height <= _FLAT) | ((width <= _FLAT) & (height >= _LONG // 4))
    return rules | (is_outline | is_piece)[labels]


def _frame(word: Line) -> Frame:
    across, down = zip(*word.corners, strict=True)
    edge = word.height * _MARGIN
    left, top = (max(0, int(min(side) - edge)) for side in (across, down))
    right, bottom = (int(max(side) + edge) for side in (across, down))
    return left, top, max(left, right), max(top, bottom)
