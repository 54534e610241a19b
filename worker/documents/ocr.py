"""Recognition of text on the pages of a file, in child processes only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from contract.result import MediaType, PageText, TextSource

from . import mixed, pdf, picture, recognizer, tesseract
from .choice import RAPIDOCR, Choice, Recognizer
from .reading import Line, confidence_of, is_upright, text_of
from .recognizer import Look

if TYPE_CHECKING:
    from PIL.Image import Image

_DOUBTFUL: Final = 0.8  # upright pages have 0.95 and more, pages on their side or head 0.64 to 0.72
_LYING: Final = 0.5  # what a turned page's confidence is worth: single lines read well when they lie


@dataclass(frozen=True, kw_only=True)
class Scan:
    """Pages of a file, counted from 1, and who reads them."""

    path: str
    media_type: MediaType
    pages: tuple[int, ...]
    choice: Choice = RAPIDOCR


@dataclass(frozen=True)
class Sheets:
    """The pages of an open file: how each looks, and the little text that it may carry."""

    image: "Callable[[int], Image]"
    text: Callable[[int], str] = lambda _number: ""


def recognize(scan: Scan) -> list[PageText]:
    """Return what is written on the pages."""
    eyes = cache(_load)  # not before there is something to look at: a bomb or an empty page needs no models
    with sheets(scan) as opened:

        def look(image: "Image") -> list[Line]:
            return eyes(scan.choice)(image)

        return [page(number, best(opened.image(number), look), opened.text(number)) for number in scan.pages]


def _load(choice: Choice) -> Look:
    match choice.recognizer:
        case Recognizer.RAPIDOCR:
            return recognizer.load().look
        case Recognizer.TESSERACT:
            rows_of = tesseract.load(choice.tessdata)
            return lambda image: [word for row in rows_of(image) for word in row.words]
        case Recognizer.MIXED:
            return mixed.load(choice.tessdata)


def best(image: "Image", look: Look) -> list[Line]:
    """Return what is seen in the picture, turned so that it reads best if it does not read well."""
    darkest, lightest = image.getextrema()
    if darkest == lightest:
        return []  # an empty page need not be looked at for seconds
    lines = look(image)
    if not lines or (is_upright(lines) and _quality(lines) >= _DOUBTFUL):
        return lines
    turned = (look(image.rotate(angle, expand=True)) for angle in (90, 180, 270))
    return max((lines, *turned), key=_quality)


def _quality(lines: list[Line]) -> float:
    return (confidence_of(lines) or 0.0) * (1 if is_upright(lines) else _LYING)


def page(number: int, lines: list[Line], carried: str = "") -> PageText:
    """Return what was seen, unless the little that the page carries is all of it: that is spelled right."""
    text = text_of(lines)
    if carried and len(text) <= len(carried):
        return PageText(number=number, text=carried, source=TextSource.TEXT_LAYER)
    return PageText(number=number, text=text, source=TextSource.OCR, confidence=confidence_of(lines))


@contextmanager
def sheets(scan: Scan) -> Iterator[Sheets]:
    """Open a file to look at."""
    if scan.media_type is MediaType.PDF:
        with pdf.opened(scan.path) as document:
            yield Sheets(document.render, document.text)
    else:
        with picture.opened(scan.path) as image:
            yield Sheets(lambda number: picture.frame(image, number))
