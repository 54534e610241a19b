"""Recognition of text on the pages of a file, in child processes only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from contract.reading import MediaType, PageText, TextSource

from . import mixed, pdf, picture, recognizer, tesseract
from .boxes import Box, packed
from .choice import RAPIDOCR, Choice, Recognizer
from .reading import Corners, Line, confidence_of, is_upright, written
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
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Sight:
    """What was seen on a page, in a picture of this size that had been turned by so many degrees to the left."""

    lines: list[Line]
    size: tuple[int, int]
    turn: int = 0

    @property
    def quality(self) -> float:
        """How well it reads."""
        return (confidence_of(self.lines) or 0.0) * (1 if is_upright(self.lines) else _LYING)

    def box(self, place: Corners) -> Box:
        """Return where a place of the picture is on the page as it was before it was turned."""
        points = [self._turned_back(x / self.size[0], y / self.size[1]) for x, y in place]
        across, down = zip(*points, strict=True)
        return min(across), min(down), max(across), max(down)

    def _turned_back(self, x: float, y: float) -> tuple[float, float]:
        match self.turn:
            case 90:
                return 1 - y, x
            case 180:
                return 1 - x, 1 - y
            case 270:
                return y, 1 - x
            case _:
                return x, y


@dataclass(frozen=True)
class Sheets:
    """The pages of an open file: how large each is, how it looks, and the little text that it may carry."""

    size: Callable[[int], tuple[int, int]]
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
        case Recognizer.TEXTRACT:
            raise ValueError("a child cannot ask Textract: it has no credentials")


def best(image: "Image", look: Look) -> Sight:
    """Return what is seen in the picture, turned so that it reads best if it does not read well."""
    darkest, lightest = image.getextrema()
    if darkest == lightest:
        return Sight([], image.size)  # an empty page need not be looked at for seconds
    upright = Sight(look(image), image.size)
    if not upright.lines or (is_upright(upright.lines) and upright.quality >= _DOUBTFUL):
        return upright
    turned = (_turned(image, turn, look) for turn in (90, 180, 270))
    return max((upright, *turned), key=lambda sight: sight.quality)


def _turned(image: "Image", turn: int, look: Look) -> Sight:
    picture = image.rotate(turn, expand=True)
    return Sight(look(picture), picture.size, turn)


def page(number: int, sight: Sight, carried: str = "") -> PageText:
    """Return what was seen, unless the little that the page carries is all of it: that is spelled right."""
    seen = written(sight.lines)
    if carried and len(seen.text) <= len(carried):
        return PageText(number=number, text=carried, source=TextSource.TEXT_LAYER)
    boxes = packed(map(sight.box, seen.places)) or None
    confidence = confidence_of(sight.lines)
    return PageText(number=number, text=seen.text, source=TextSource.OCR, confidence=confidence, boxes=boxes)


@contextmanager
def sheets(scan: Scan) -> Iterator[Sheets]:
    """Open a file to look at."""
    if scan.media_type is MediaType.PDF:
        with pdf.opened(scan.path, scan.password) as document:
            yield Sheets(document.size, document.render, document.text)
    else:
        with picture.opened(scan.path) as image:
            yield Sheets(partial(picture.size, image), partial(picture.frame, image))
