"""Tesseract with its settings: a fifth of RapidOCR's time, and it says well which of its words are doubtful.

It needs language data, which its package has not; see choice.py. What it overlooks it does not say: see mixed.py.
Its library is imported late, because the worker imports what leads here and must not carry it.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from .reading import Line, Point

if TYPE_CHECKING:
    from PIL.Image import Image

_CLOSE: Final = 0.7  # line heights; a blank of a typewriter is as wide, columns are farther apart
_LEVEL: Final = 0.3  # line heights
LANGUAGE: Final = "eng"
_DPI: Final = 200  # as pages are rendered; it would guess it from the height of what it takes for letters


@dataclass(frozen=True)
class Row:
    """Words on one line of a page, each in a box as high as the line, which leans as the line does."""

    words: tuple[Line, ...]
    is_broken: bool = False  # it was seen in pieces

    @property
    def line(self) -> Line:
        """The words in one; it is as sure as its least sure word, and not at all of what was broken."""
        first, last = self.words[0].corners, self.words[-1].corners
        text = " ".join(word.text for word in self.words)
        score = 0.0 if self.is_broken else min(word.score for word in self.words)
        return Line((first[0], last[1], last[2], first[3]), text, score)

    def goes_on_in(self, other: Self) -> bool:
        """Whether the other stands right behind it, closer than columns are."""
        one, two = self.line, other.line
        gap, step = (two.corners[0][side] - one.corners[1][side] for side in (0, 1))
        return -_CLOSE * one.height < gap < _CLOSE * one.height and abs(step) < _LEVEL * one.height

    def joined(self, other: Self) -> "Row":
        """Return both as one."""
        return Row((*self.words, *other.words), is_broken=True)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What the words of a line stand on, from one end to the other; how far they reach above it and below."""

    start: Point
    end: Point
    above: float
    below: float

    def word(self, text: str, score: float, *, left: float, right: float) -> Line:
        """Return a word that stands on it between these places."""
        one, other = self._y(left), self._y(right)
        upper, lower = (left, one - self.above), (right, other - self.above)
        return Line((upper, lower, (right, other + self.below), (left, one + self.below)), text, score)

    def _y(self, x: float) -> float:
        (start, y), (end, end_y) = self.start, self.end
        return y + (end_y - y) * (x - start) / max(end - start, 1)


type LookAtRows = Callable[["Image"], list[Row]]


def load(tessdata: str) -> LookAtRows:
    """Return a function that sees rows of words in a picture."""
    os.environ["OMP_THREAD_LIMIT"] = "1"  # a build with OpenMP takes four times the processor for the same
    import tesserocr  # type: ignore[import-untyped] # noqa: PLC0415 see the module's first lines

    api = tesserocr.PyTessBaseAPI(path=tessdata, lang=LANGUAGE, psm=tesserocr.PSM.AUTO, oem=tesserocr.OEM.LSTM_ONLY)

    def look(image: "Image") -> list[Row]:
        api.SetImage(image)
        api.SetSourceResolution(_DPI)
        api.Recognize()
        rows: list[list[Line]] = []
        for word in tesserocr.iterate_level(api.GetIterator(), tesserocr.RIL.WORD):
            if not rows or word.IsAtBeginningOf(tesserocr.RIL.TEXTLINE):
                rows.append([])
            rows[-1] += _seen(word, tesserocr.RIL)
        return [Row(tuple(row)) for row in rows if row]

    return look


def _seen(word: Any, level: Any) -> list[Line]:  # noqa: ANN401 the library has no types
    text, box, ends = _text(word, level), word.BoundingBox(level.WORD), word.Baseline(level.TEXTLINE)
    if not text.strip() or not box or not ends:
        return []
    score = word.Confidence(level.WORD) / 100
    if abs(ends[1][1] - ends[0][1]) > abs(ends[1][0] - ends[0][0]):  # it reads lines that lie, too: as they lie
        left, top, right, bottom = box
        return [Line(((left, top), (right, top), (right, bottom), (left, bottom)), text.strip(), score)]
    measures = word.RowAttributes()
    below = -measures["descenders"]
    rule = Rule(start=ends[0], end=ends[1], above=max(measures["row_height"] - below, 1), below=below)
    return [rule.word(text.strip(), score, left=box[0], right=box[2])]


def _text(word: Any, level: Any) -> str:  # noqa: ANN401 as above
    try:
        text: str = word.GetUTF8Text(level.WORD) or ""
    except RuntimeError:  # it has found a place for a word in the grain, and no letter
        return ""
    return text


def healed(rows: Sequence[Row]) -> list[Row]:
    """Return rows of which those that were seen in pieces are one again: amounts break at their point."""
    whole: list[Row] = []
    for row in sorted(rows, key=lambda row: row.words[0].corners[0][0]):
        before = next((one for one in whole if one.goes_on_in(row)), None)
        if before is None:
            whole.append(row)
        else:
            whole[whole.index(before)] = before.joined(row)
    return whole
