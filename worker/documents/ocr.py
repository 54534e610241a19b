"""Recognize the text on pages of a file. It runs in child processes only."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from contract.engines import Alphabet, OcrEngine
from contract.reading import MediaType, PageText, TextSource
from durable import Limits, limit_cpu

from . import mixed, pdf, picture, rapidocr, tesseract
from .boxes import Box, pack_boxes
from .ocr_engines import RAPIDOCR, OcrChoice
from .reading_order import Corners, OcrLine, RecognizeLines, confidence_of, in_reading_order, is_upright

if TYPE_CHECKING:
    from PIL.Image import Image

# Read by the engines' libraries when they are loaded.
LIBRARY_VARIABLES: Final = {
    "OMP_NUM_THREADS": "1",
    "OMP_THREAD_LIMIT": "1",  # a build of Tesseract with OpenMP takes four times the processor for the same
    "OPENBLAS_NUM_THREADS": "1",
    "ORT_DISABLE_TELEMETRY": "1",  # or a thread of onnxruntime looks up a host of its maker's, and reports to it
}
_MIN_QUALITY: Final = 0.8  # upright pages have 0.95 and more, pages on their side or upside down 0.64 to 0.72
_SURE_QUALITY: Final = 0.9  # a turned page with it is upright: the other directions need not be tried
_SIDEWAYS_FACTOR: Final = (
    0.5  # applied to the confidence of a page whose lines are vertical: a few may read well by chance
)


@dataclass(frozen=True, kw_only=True)
class PageLimits:
    """Seconds of each page. A child process sets those of CPU time for itself."""

    render: int = 20  # a page with many images takes three; a hostile one may be drawn for years
    recognize: int = 45  # a page that is read in four directions takes 5; a slow processor, several times that
    wall: float = 180.0  # a processor may have four children to run

    def of_child(self, pages: int, *, memory: int) -> Limits:
        """Return the limits of a child process for so many pages."""
        return Limits(memory=memory, cpu=pages * (self.render + self.recognize), wall=pages * self.wall)


@dataclass(frozen=True, kw_only=True)
class OcrRequest:
    """Pages of a file to recognize, counted from 1, and the engine."""

    path: str
    media_type: MediaType
    pages: tuple[int, ...]
    choice: OcrChoice = RAPIDOCR
    password: str | None = field(default=None, repr=False)
    limits: PageLimits | None = None


@dataclass(frozen=True)
class OcrResult:
    """The lines found on an image of this size, which was rotated to the left by `turn` degrees first."""

    lines: list[OcrLine]
    size: tuple[int, int]
    turn: int = 0

    @property
    def quality(self) -> float:
        """How well the page reads this way up, from 0 to 1."""
        return (confidence_of(self.lines) or 0.0) * (1 if is_upright(self.lines) else _SIDEWAYS_FACTOR)

    def box(self, corners: Corners) -> Box:
        """Return the box of these corners on the page before it was rotated."""
        points = [self._turn_back(x / self.size[0], y / self.size[1]) for x, y in corners]
        across, down = zip(*points, strict=True)
        return min(across), min(down), max(across), max(down)

    def _turn_back(self, x: float, y: float) -> tuple[float, float]:
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
class OpenPages:
    """The pages of an open file: each one's size, image, and the short text that it may carry."""

    size: Callable[[int], tuple[int, int]]
    image: "Callable[[int], Image]"
    text: Callable[[int], str] = lambda _number: ""


def recognize(request: OcrRequest) -> list[PageText]:
    """Return the text of the pages."""
    return recognize_with(_load_engine(request.choice), request)


def recognize_with(recognize_lines: RecognizeLines, request: OcrRequest) -> list[PageText]:
    """Return the text of the pages, read by this engine."""
    with open_pages(request) as pages:
        return [
            to_page_text(number, recognize_upright(pages.image(number), recognize_lines), pages.text(number))
            for number in request.pages
        ]


def warm_up(engine: str, tessdata: str, alphabet: str) -> None:
    """Load an engine once for all children of a fork server."""
    _load_engine(OcrChoice(engine=OcrEngine(engine), tessdata=tessdata, alphabet=Alphabet(alphabet)))


@cache
def _load_engine(choice: OcrChoice) -> RecognizeLines:
    os.environ.update(LIBRARY_VARIABLES)
    match choice.engine:
        case OcrEngine.RAPIDOCR:
            return rapidocr.load(choice.alphabet).recognize
        case OcrEngine.TESSERACT:
            recognize_rows = tesseract.load(choice.tessdata)
            return lambda image: [word for row in recognize_rows(image) for word in row.words]
        case OcrEngine.MIXED:
            return mixed.load(choice.tessdata, choice.alphabet)
        case OcrEngine.TEXTRACT:
            raise ValueError("a child process cannot call Textract: it has no credentials")


def recognize_upright(image: "Image", recognize_lines: RecognizeLines) -> OcrResult:
    """Return the lines of an image; one that reads badly is turned until it reads well, the likely way first."""
    darkest, lightest = image.getextrema()
    if darkest == lightest:
        return OcrResult([], image.size)  # an empty page: OCR would take seconds and find nothing
    best = OcrResult(recognize_lines(image), image.size)
    if not best.lines or (is_upright(best.lines) and best.quality >= _MIN_QUALITY):
        return best
    for turn in (180, 90, 270) if is_upright(best.lines) else (90, 270, 180):
        result = _recognize_turned(image, turn, recognize_lines)
        if result.quality >= _SURE_QUALITY:
            return result
        best = max(best, result, key=lambda one: one.quality)
    return best


def _recognize_turned(image: "Image", turn: int, recognize_lines: RecognizeLines) -> OcrResult:
    turned = image.rotate(turn, expand=True)
    return OcrResult(recognize_lines(turned), turned.size, turn)


def to_page_text(number: int, result: OcrResult, layer_text: str = "") -> PageText:
    """Return the recognized text, or the page's text layer if OCR found no more: the layer has no misread letters."""
    found = in_reading_order(result.lines)
    if layer_text and len(found.text) <= len(layer_text):
        return PageText(number=number, text=layer_text, source=TextSource.TEXT_LAYER)
    boxes = pack_boxes(map(result.box, found.word_corners)) or None
    confidence = confidence_of(result.lines)
    return PageText(number=number, text=found.text, source=TextSource.OCR, confidence=confidence, boxes=boxes)


@contextmanager
def open_pages(request: OcrRequest) -> Iterator[OpenPages]:
    """Open a file's pages as images; a child process limits the time of each."""
    if request.media_type is MediaType.PDF:
        with pdf.open_pdf(request.path, request.password) as document:
            image = _with_limits(document.render, request.limits)
            yield OpenPages(document.size, image, document.text)
    else:
        with picture.open_picture(request.path) as frames:
            image = _with_limits(partial(picture.read_frame, frames), request.limits)
            yield OpenPages(partial(picture.size_of_frame, frames), image)


def _with_limits(render: "Callable[[int], Image]", limits: PageLimits | None) -> "Callable[[int], Image]":
    if limits is None:
        return render

    def render_with_limit(number: int) -> "Image":
        limit_cpu(limits.render)
        image = render(number)
        limit_cpu(limits.recognize)
        return image

    return render_with_limit
