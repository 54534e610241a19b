"""What a file holds: how many pages, what text they carry, and which of them somebody must look at.

Runs in child processes only. It reads; what it cannot read by itself it names and leaves to the recognition.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from contract.codes import Code
from contract.reading import MediaType, PageText, TextSource
from durable import PermanentError

from . import pdf, picture, word

MOST: Final = 2_000  # pages
_ENOUGH: Final = 30  # characters: less is a stamp or a page number on a scan
_SHORT: Final = 300  # pages whose text goes along with the survey, so that most documents need one child only


@dataclass(frozen=True, kw_only=True)
class Document:
    """A file, what it is, how many pages it may have, and what opens it if it is locked."""

    path: str
    media_type: MediaType
    most: int = MOST
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Pages of a document from the first to the last, counted from 1."""

    document: Document
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class Survey:
    """How many pages there are, and which must be looked at because they carry no text to speak of.

    A file that was damaged and could be repaired may lack some of what was on its pages.
    """

    pages: int
    unread: tuple[int, ...] = ()
    repaired: bool = False


@dataclass(frozen=True, kw_only=True)
class Glance:
    """A survey, and for a short document the text of the pages that carry some."""

    survey: Survey
    layers: tuple[PageText, ...] | None


@dataclass(frozen=True)
class _Opened:
    pages: int
    text: Callable[[int], str]
    repaired: bool = False
    is_text: bool = False  # there is nothing else to look at


def survey(document: Document) -> Survey:
    """Count and classify the pages."""
    return glance(document).survey


def layers(stretch: Stretch) -> list[PageText]:
    """Return the text of the pages that carry some."""
    with _opened(stretch.document) as opened:
        pages = (_layer(number, opened) for number in range(stretch.first, stretch.last + 1))
        return [page for page in pages if page]


def glance(document: Document) -> Glance:
    """Return a survey, and with it what it has read of a short document."""
    kept: list[PageText] = []
    unread: list[int] = []
    with _opened(document) as opened:
        for number in range(1, opened.pages + 1):
            layer = _layer(number, opened)
            if layer is None:
                unread.append(number)
            elif opened.pages <= _SHORT:
                kept.append(layer)
    found = Survey(pages=opened.pages, unread=tuple(unread), repaired=opened.repaired)
    return Glance(survey=found, layers=tuple(kept) if opened.pages <= _SHORT else None)


@contextmanager
def _opened(document: Document) -> Iterator[_Opened]:
    match document.media_type:
        case MediaType.PDF:
            with pdf.opened(document.path, document.password) as file:
                _refuse_lost_pages(file, _counted(len(file), document.most))
                yield _Opened(len(file), file.text, file.repaired)
        case MediaType.DOCX:
            texts = word.pages(document.path)
            yield _Opened(_counted(len(texts), document.most), lambda number: texts[number - 1], is_text=True)
        case _:
            with picture.opened(document.path) as image:
                yield _Opened(_counted(picture.count(image), document.most), lambda _number: "")


def _layer(number: int, opened: _Opened) -> PageText | None:
    text = opened.text(number)
    if not opened.is_text and len(text) < _ENOUGH:
        return None
    return PageText(number=number, text=text, source=TextSource.TEXT_LAYER)


def _counted(pages: int, most: int) -> int:
    if pages == 0:
        raise PermanentError(Code.NO_PAGES, "the document has no pages")
    if pages > most:
        raise PermanentError(Code.TOO_COMPLEX, f"the document has {pages} pages of at most {most}")
    return pages


def _refuse_lost_pages(file: pdf.Pdf, pages: int) -> None:
    """A page that is bare after the repair has most likely lost what was on it: no text is worse than none."""
    lost = sum(file.is_bare(number) for number in range(1, pages + 1)) if file.repaired else 0
    if lost:
        raise PermanentError(Code.DAMAGED, f"the document is damaged, and {lost} of its {pages} pages are lost")
