"""Recognition of text on the pages of a file, in child processes only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from contract.result import MediaType, PageText, TextSource

from . import pdf, picture
from .engine import Look, load
from .reading import Line, confidence_of, is_upright, text_of

if TYPE_CHECKING:
    from PIL.Image import Image

_DOUBTFUL: Final = 0.8  # upright pages have 0.95 and more, pages on their side or head 0.64 to 0.72
_LYING: Final = 0.5  # what a turned page's confidence is worth: single lines read well when they lie


@dataclass(frozen=True, kw_only=True)
class Scan:
    """Pages of a file, counted from 1."""

    path: str
    media_type: MediaType
    pages: tuple[int, ...]


def recognize(scan: Scan) -> list[PageText]:
    """Return what is written on the pages."""
    look = load()
    with _pages(scan) as page_of:
        return [_page(number, best(page_of(number), look)) for number in scan.pages]


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


def _page(number: int, lines: list[Line]) -> PageText:
    return PageText(number=number, text=text_of(lines), source=TextSource.OCR, confidence=confidence_of(lines))


@contextmanager
def _pages(scan: Scan) -> "Iterator[Callable[[int], Image]]":
    if scan.media_type is MediaType.PDF:
        with pdf.opened(scan.path) as document:
            yield partial(pdf.render, document)
    else:
        with picture.opened(scan.path) as image:
            yield partial(picture.frame, image)
