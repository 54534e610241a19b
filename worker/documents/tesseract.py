"""Tesseract with its settings: it takes a fifth of RapidOCR's time, and its confidence in words is reliable.

It needs language data that its package lacks; see ocr_engines.py. It does not report what it misses; see mixed.py.
Its library is imported late, because the worker imports this module and must not load it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from .reading_order import OcrLine, Point

if TYPE_CHECKING:
    from PIL.Image import Image

_MAX_GAP: Final = 0.7  # line heights; a typewriter's space is as wide, columns are farther apart
_MAX_STEP: Final = 0.3  # line heights
LANGUAGE: Final = "eng"
_DPI: Final = 200  # as pages are rendered; Tesseract would guess it from the height of letters


@dataclass(frozen=True)
class Row:
    """Words on one line of a page, each in a box as high and as skewed as the line."""

    words: tuple[OcrLine, ...]
    is_broken: bool = False  # Tesseract found it in pieces

    @property
    def line(self) -> OcrLine:
        """The row as one line, with the lowest confidence of its words, and none if it was broken."""
        first, last = self.words[0].corners, self.words[-1].corners
        text = " ".join(word.text for word in self.words)
        score = 0.0 if self.is_broken else min(word.score for word in self.words)
        return OcrLine((first[0], last[1], last[2], first[3]), text, score)

    def continues_in(self, other: Self) -> bool:
        """Whether the other row follows on the same line, closer than a column would."""
        one, two = self.line, other.line
        gap, step = (two.corners[0][side] - one.corners[1][side] for side in (0, 1))
        return -_MAX_GAP * one.height < gap < _MAX_GAP * one.height and abs(step) < _MAX_STEP * one.height

    def join(self, other: Self) -> "Row":
        """Return both as one broken row."""
        return Row((*self.words, *other.words), is_broken=True)


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """The line on which words stand, and how far they reach above and below it."""

    start: Point
    end: Point
    above: float
    below: float

    def word(self, text: str, score: float, *, left: float, right: float) -> OcrLine:
        """Return a word that stands on it between two x coordinates."""
        y, end_y = self._y(left), self._y(right)
        upper_left, upper_right = (left, y - self.above), (right, end_y - self.above)
        lower_right, lower_left = (right, end_y + self.below), (left, y + self.below)
        return OcrLine((upper_left, upper_right, lower_right, lower_left), text, score)

    def _y(self, x: float) -> float:
        (start, y), (end, end_y) = self.start, self.end
        return y + (end_y - y) * (x - start) / max(end - start, 1)


type RecognizeRows = Callable[["Image"], list[Row]]


def load(tessdata: str) -> RecognizeRows:
    """Return a function that finds the rows of words on an image."""
    import tesserocr  # type: ignore[import-untyped] # noqa: PLC0415 see the module's first lines

    api = tesserocr.PyTessBaseAPI(path=tessdata, lang=LANGUAGE, psm=tesserocr.PSM.AUTO, oem=tesserocr.OEM.LSTM_ONLY)

    def recognize(image: "Image") -> list[Row]:
        api.SetImage(image)
        api.SetSourceResolution(_DPI)
        api.Recognize()
        rows: list[list[OcrLine]] = []
        for word in tesserocr.iterate_level(api.GetIterator(), tesserocr.RIL.WORD):
            if not rows or word.IsAtBeginningOf(tesserocr.RIL.TEXTLINE):
                rows.append([])
            rows[-1] += _read_word(word, tesserocr.RIL)
        return [Row(tuple(row)) for row in rows if row]

    return recognize


def _read_word(word: Any, level: Any) -> list[OcrLine]:  # noqa: ANN401 the library has no types
    text, box, ends = _text_of(word, level), word.BoundingBox(level.WORD), word.Baseline(level.TEXTLINE)
    if not text.strip() or not box or not ends:
        return []
    score = word.Confidence(level.WORD) / 100
    if abs(ends[1][1] - ends[0][1]) > abs(ends[1][0] - ends[0][0]):  # a vertical line
        left, top, right, bottom = box
        return [OcrLine(((left, top), (right, top), (right, bottom), (left, bottom)), text.strip(), score)]
    measures = word.RowAttributes()
    below = -measures["descenders"]
    baseline = Baseline(start=ends[0], end=ends[1], above=max(measures["row_height"] - below, 1), below=below)
    return [baseline.word(text.strip(), score, left=box[0], right=box[2])]


def _text_of(word: Any, level: Any) -> str:  # noqa: ANN401 as above
    try:
        text: str = word.GetUTF8Text(level.WORD) or ""
    except RuntimeError:  # it took noise for a word, and found no letter
        return ""
    return text


def rejoin(rows: Sequence[Row]) -> list[Row]:
    """Join rows that were found in pieces: amounts break at their decimal point."""
    whole: list[Row] = []
    for row in sorted(rows, key=lambda row: row.words[0].corners[0][0]):
        before = next((one for one in whole if one.continues_in(row)), None)
        if before is None:
            whole.append(row)
        else:
            whole[whole.index(before)] = before.join(row)
    return whole
