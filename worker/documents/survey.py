"""Count a document's pages, read the text that they carry, and name the pages that need OCR.

It runs in child processes only. A page without text is not read here: OCR does that.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from contract.codes import Code
from contract.reading import MediaType, PageText, TextSource
from durable import PermanentError

from . import docx, pdf, picture

MAX_PAGES: Final = 2_000
SHORT_PAGES: Final = 300  # the survey returns their text, so that most documents need one child only
_MIN_CHARACTERS: Final = 30  # less is a stamp or a page number on a scan


@dataclass(frozen=True, kw_only=True)
class DocumentFile:
    """A file, its media type, the limit of its pages, and the password that opens it."""

    path: str
    media_type: MediaType
    max_pages: int = MAX_PAGES
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class PageRange:
    """Pages of a document from the first to the last, counted from 1."""

    document: DocumentFile
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class DocumentText:
    """All pages of a document. A repaired one may lack some of its content."""

    pages: tuple[PageText, ...]
    repaired: bool = False

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know to rely on the text."""
        return ("the document is damaged and was repaired: parts of it may be missing",) if self.repaired else ()


@dataclass(frozen=True, kw_only=True)
class TextLayerScan:
    """The pages that carry text, and the numbers of those that need OCR."""

    pages: int
    layers: tuple[PageText, ...] = ()
    unread: tuple[int, ...] = ()
    repaired: bool = False

    def with_pages(self, recognized: Iterable[PageText]) -> DocumentText:
        """Return the whole document, with the pages that OCR has read."""
        pages = sorted((*self.layers, *recognized), key=lambda page: page.number)
        return DocumentText(pages=tuple(pages), repaired=self.repaired)


@dataclass(frozen=True)
class _OpenDocument:
    pages: int
    text: Callable[[int], str]
    repaired: bool = False
    is_text: bool = False  # no page needs OCR, however short its text
    is_blank: Callable[[int], bool] = lambda _number: False
    boxes: Callable[[int, str], str | None] = lambda _number, _text: None
    invoice: Callable[[], dict[str, str] | None] = lambda: None  # slow, so only the range with page 1 reads it


def survey(document: DocumentFile) -> TextLayerScan:
    """Count and classify the pages. Include the text of at most `SHORT_PAGES` pages."""
    layers: list[PageText] = []
    unread: list[int] = []
    with _open(document) as opened:
        for number in range(1, opened.pages + 1):
            layer = _read_layer(number, opened)
            if layer is None:
                unread.append(number)
            elif opened.pages <= SHORT_PAGES:
                layers.append(layer)
    return TextLayerScan(
        pages=opened.pages,
        layers=tuple(layers),
        unread=tuple(unread),
        repaired=opened.repaired,
    )


def read_text_layers(page_range: PageRange) -> list[PageText]:
    """Return the pages of the range that carry text."""
    with _open(page_range.document) as opened:
        pages = (_read_layer(number, opened) for number in range(page_range.first, page_range.last + 1))
        return [page for page in pages if page]


@contextmanager
def _open(document: DocumentFile) -> Iterator[_OpenDocument]:
    match document.media_type:
        case MediaType.PDF:
            with pdf.open_pdf(document.path, document.password) as file:
                _refuse_lost_pages(file, _check_count(len(file), document.max_pages))
                yield _OpenDocument(
                    len(file), file.text, file.repaired, is_blank=file.is_blank, boxes=file.boxes, invoice=file.invoice
                )
        case MediaType.DOCX:
            texts = docx.read_pages(document.path)
            count = _check_count(len(texts), document.max_pages)
            yield _OpenDocument(count, lambda number: texts[number - 1], is_text=True)
        case _:
            with picture.open_picture(document.path) as image:
                yield _OpenDocument(_check_count(picture.count_frames(image), document.max_pages), lambda _number: "")


def _read_layer(number: int, opened: _OpenDocument) -> PageText | None:
    text = opened.text(number)
    if not opened.is_text and len(text) < _MIN_CHARACTERS and not opened.is_blank(number):
        return None
    # All quotes will be on an only page, so no other child looks for their boxes.
    boxes = opened.boxes(number, text) if opened.pages == 1 else None
    invoice = opened.invoice() if number == 1 else None
    return PageText(number=number, text=text, source=TextSource.TEXT_LAYER, boxes=boxes, invoice=invoice)


def _check_count(pages: int, max_pages: int) -> int:
    if pages == 0:
        raise PermanentError(Code.NO_PAGES, "the document has no pages")
    if pages > max_pages:
        raise PermanentError(Code.TOO_COMPLEX, f"the document has {pages} pages of at most {max_pages}")
    return pages


def _refuse_lost_pages(file: pdf.Pdf, pages: int) -> None:
    """Refuse a repaired document with blank pages: they have most likely lost their content."""
    lost = sum(file.is_empty(number) for number in range(1, pages + 1)) if file.repaired else 0
    if lost:
        raise PermanentError(Code.DAMAGED, f"the document is damaged: {lost} of its {pages} pages are lost")
