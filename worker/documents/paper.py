"""Separate ink from paper: find the paper's brightness, the ink that no word covers, and even out the light.

It does not recognize letters: a logo or a thumb counts as ink; rules, frames and outlines of stamps do not. Its
libraries are imported late, because the worker imports this module and must not load them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from .reading_order import OcrLine

if TYPE_CHECKING:
    from PIL.Image import Image

_COARSE_PIXEL: Final = 4  # pixels of the page, as one coarse pixel in which ink is found: specks vanish, words stay
_INK_CONTRAST: Final = 0.18  # ink is darker than the paper around it by this share
_PAPER_SQUARE: Final = 9  # coarse pixels: every square as wide as that has some paper
_BLUR_RADIUS: Final = 12  # coarse pixels over which the paper's brightness is averaged
_EVEN_SHARE: Final = 0.85  # share of the brightest paper; below it, one threshold for the page mistakes paper for ink
_PERCENTILES: Final = (2, 98)  # darker and brighter paper is left out of the comparison
_SOFTEN_RADIUS: Final = 0.7  # pixels: bad light adds noise, and more contrast would turn it into letters
_RULE_LENGTH: Final = 60  # coarse pixels without a gap: no word is as long, but rules are
_SPECK_HEIGHT: Final = 2  # coarse pixels: words are higher, pieces of rules and specks are not
_OUTLINE_SIDE: Final = 40  # coarse pixels: a connected shape that is larger than that
_OUTLINE_FILL: Final = 0.15  # and fills less of its box is an outline; connected letters fill twice as much
_MARGIN: Final = 0.25  # share of a word's height around the word

type Frame = tuple[int, int, int, int]  # left, top, right, bottom


@dataclass(frozen=True)
class Paper:
    """A page, a coarse copy of it, and a coarse copy of its paper alone."""

    image: "Image"
    coarse: "Image"
    background: "Image"

    @classmethod
    def of(cls, image: "Image") -> Self:
        """Estimate the paper of a page."""
        from PIL import Image, ImageFilter  # noqa: PLC0415 see the module's first lines

        width, height = (max(1, side // _COARSE_PIXEL) for side in image.size)
        coarse = image.resize((width, height), Image.Resampling.BOX)
        return cls(
            image, coarse, coarse.filter(ImageFilter.MaxFilter(_PAPER_SQUARE)).filter(ImageFilter.BoxBlur(_BLUR_RADIUS))
        )

    def even_light(self) -> "Image":
        """Return the page with white paper everywhere; unchanged if its paper is even."""
        import numpy as np  # noqa: PLC0415 as above
        from PIL import Image, ImageFilter  # noqa: PLC0415

        dark, bright = np.percentile(np.asarray(self.background), _PERCENTILES)
        if dark >= _EVEN_SHARE * bright:
            return self.image
        background = np.asarray(self.background.resize(self.image.size, Image.Resampling.BILINEAR), dtype=np.float32)
        soft = np.asarray(self.image.filter(ImageFilter.GaussianBlur(_SOFTEN_RADIUS)), dtype=np.float32)
        return Image.fromarray(np.clip(soft * 255 / np.maximum(background, 1), 0, 255).astype(np.uint8))

    def measure_missed_ink(self, words: Iterable[OcrLine]) -> float:
        """Return the share of the ink that no word covers, without rules, specks and outlines."""
        ink = self._ink()
        uncovered = self._without_words(words, ink)
        rest = int((uncovered & ~_find_drawings(uncovered)).sum())
        return rest / (int((ink & ~uncovered).sum()) + rest) if rest else 0.0

    def cover(self, words: Iterable[OcrLine]) -> tuple["Image", Frame]:
        """Cover these words with paper; return the part of the page that still has ink, and its frame."""
        import numpy as np  # noqa: PLC0415 as above

        words = list(words)
        ink = self._without_words(words, self._ink())
        ink &= ~_find_drawings(ink)
        copy, brightness = self.image.copy(), np.asarray(self.background)
        for frame in map(_frame_of, words):
            left, top, right, bottom = (side // _COARSE_PIXEL for side in frame)
            middle = (
                min((top + bottom) // 2, self.background.height - 1),
                min((left + right) // 2, self.background.width - 1),
            )
            copy.paste(int(brightness[middle]), frame)
        down, across = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        around = 2 * _PAPER_SQUARE  # coarse pixels: a line is found better with some paper around it
        left, top = (max(0, int(side[0]) - around) * _COARSE_PIXEL for side in (across, down))
        right, bottom = ((int(side[-1]) + around) * _COARSE_PIXEL for side in (across, down))
        frame = (left, top, min(right, copy.width), min(bottom, copy.height))
        return copy.crop(frame), frame

    def _ink(self) -> Any:  # noqa: ANN401 an array of the library that is imported late
        import numpy as np  # noqa: PLC0415 as above

        background = np.asarray(self.background, dtype=np.float32)
        return background - np.asarray(self.coarse, dtype=np.float32) > _INK_CONTRAST * background

    def _without_words(self, words: Iterable[OcrLine], ink: Any) -> Any:  # noqa: ANN401 as above
        rest = ink.copy()
        for left, top, right, bottom in map(_frame_of, words):
            rest[
                top // _COARSE_PIXEL : bottom // _COARSE_PIXEL + 1, left // _COARSE_PIXEL : right // _COARSE_PIXEL + 1
            ] = False
        return rest


def _find_drawings(ink: Any) -> Any:  # noqa: ANN401 as above
    """Return rules, specks, and connected shapes that are no letters."""
    import cv2  # noqa: PLC0415 as above
    import numpy as np  # noqa: PLC0415

    cv2.setNumThreads(1)  # a child has one processor
    pixels = ink.astype(np.uint8)
    kernels = (np.ones((1, _RULE_LENGTH), np.uint8), np.ones((_RULE_LENGTH, 1), np.uint8))
    across, down = (cv2.morphologyEx(pixels, cv2.MORPH_OPEN, kernel) > 0 for kernel in kernels)
    rules = across | down
    _, labels, found, _ = cv2.connectedComponentsWithStats((ink & ~rules).astype(np.uint8), connectivity=8)
    width, height, area = (found[:, column] for column in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA))
    is_outline = (np.maximum(width, height) >= _OUTLINE_SIDE) & (area < _OUTLINE_FILL * width * height)
    is_piece = (height <= _SPECK_HEIGHT) | ((width <= _SPECK_HEIGHT) & (height >= _RULE_LENGTH // 4))
    return rules | (is_outline | is_piece)[labels]


def _frame_of(word: OcrLine) -> Frame:
    across, down = zip(*word.corners, strict=True)
    edge = word.height * _MARGIN
    left, top = (max(0, int(min(side) - edge)) for side in (across, down))
    right, bottom = (int(max(side) + edge) for side in (across, down))
    return left, top, max(left, right), max(top, bottom)
