"""Read PDF with pdfium, in child processes only: it aborts when memory is short, and is not thread-safe.

The library is imported late, because the worker imports this module and must not load it.
"""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from contract.codes import Code
from durable import PermanentError

from .boxes import Word, pack_boxes
from .einvoice import read_invoice
from .misread import seems_misread
from .passwords import password_error, spellings_of
from .pdf_repair import repair
from .text_layer import HYPHENS, find_words, read_text

if TYPE_CHECKING:
    from PIL.Image import Image

_DPI: Final = 200  # finer costs time and finds no more
_POINTS_PER_INCH: Final = 72
_MAX_PIXELS: Final = 6_000_000  # the largest rendered page; A4 has 3.9 million, and OCR uses 2.9
_MAX_IMAGE_PIXELS: Final = 120_000_000  # the largest image on a page; A3 at 600 dpi has 70 million
_MAX_ATTACHMENTS: Final = 20  # in which an invoice is looked for
_MAX_XML_ATTACHMENTS: Final = 5  # each may take half a second
_MAX_BOXED_CHARACTERS: Final = 5_000  # of a page whose words get boxes: they take some 30 ms
_GARBLED_CHARACTER: Final = re.compile("[\ue000-\uf8ff\ufffd\x01-\x08\x0e-\x1f]")
_REPLACEMENTS: Final = str.maketrans({**dict.fromkeys(HYPHENS, "-"), "\x00": ""})
_COVERED_SHARE: Final = 0.6  # the share of a page that one picture covers
_MAX_GARBLED_SHARE: Final = 0.1  # the share of a page's characters; a symbol here and there needs no OCR
# Words in pdfium's messages, which have no codes. It calls a document without pages a success.
_LOCKED_MESSAGE: Final = "password"
_REASONS: Final = {
    "security": (Code.ENCRYPTED, "the document is encrypted in a way that cannot be read"),
    "Success": (Code.NO_PAGES, "the document has no pages"),
}


@dataclass(frozen=True)
class Pdf:
    """An open document. A repaired one may lack some of its content."""

    document: Any  # the library has no types
    repaired: bool

    def __len__(self) -> int:
        return len(self.document)

    def size(self, number: int) -> tuple[int, int]:
        """Return a page's width and height in points, as a viewer shows it."""
        page = self.document[number - 1]
        width, height = page.get_size()
        page.close()
        return max(1, round(width)), max(1, round(height))

    def text(self, number: int) -> str:
        """Return the text that a page carries; a scanned page carries none.

        Misread text behind a picture does not count: OCR reads the picture better than the scanner did.
        """
        with self._page(number) as page:
            layer = page.get_textpage()
            text = read_text(layer)
            layer.close()
            is_lost = not is_legible(text) or (seems_misread(text) and _is_covered(page))
        return "" if is_lost else tidy(text)

    def invoice(self) -> dict[str, str] | None:
        """Return the fields of the first electronic invoice that the document embeds."""
        return next(filter(None, map(read_invoice, islice(self._xml_attachments(), _MAX_XML_ATTACHMENTS))), None)

    def _xml_attachments(self) -> Iterator[bytes]:
        import pypdfium2  # type: ignore[import-untyped] # noqa: PLC0415 it has no types; see the first lines

        for place in range(min(self.document.count_attachments(), _MAX_ATTACHMENTS)):
            with suppress(pypdfium2.PdfiumError):  # a damaged attachment is skipped, and does not hide later ones
                attachment = self.document.get_attachment(place)
                if attachment.get_name().lower().endswith(".xml"):
                    yield bytes(attachment.get_data())

    def words(self, number: int) -> list[Word]:
        """Return the visible words of a page with their boxes. It takes ten times as long as `text`."""
        with self._page(number) as page:
            layer = page.get_textpage()
            words = find_words(page, layer)
            layer.close()
        return words

    def boxes(self, number: int, text: str) -> str | None:
        """Return the packed boxes of the words of a page's text, if it is short and pdfium finds the same words."""
        import pypdfium2  # noqa: PLC0415 as above

        with suppress(pypdfium2.PdfiumError, ValueError), self._page(number) as page:
            layer = page.get_textpage()
            words = find_words(page, layer) if layer.count_chars() <= _MAX_BOXED_CHARACTERS else []
            layer.close()
            if [word.text for word in words] == text.split():
                return pack_boxes(word.box for word in words) or None
        return None

    def is_empty(self, number: int) -> bool:
        """Whether nothing at all is drawn on a page."""
        import pypdfium2.raw  # type: ignore[import-untyped] # noqa: PLC0415 as above

        page = self.document[number - 1]
        count: int = pypdfium2.raw.FPDFPage_CountObjects(page)
        page.close()
        return count == 0

    def is_blank(self, number: int) -> bool:
        """Whether a page shows nothing: neither content nor notes or fields of forms."""
        import pypdfium2.raw  # noqa: PLC0415 as above

        page = self.document[number - 1]
        annotations: int = pypdfium2.raw.FPDFPage_GetAnnotCount(page.raw)
        page.close()
        return annotations == 0 and self.is_empty(number)

    def render(self, number: int) -> "Image":
        """Return a page as a gray image. Its size is limited: a page may claim to be as large as a house."""
        with self._page(number) as page:
            _refuse_large_images(page)
            image: Image = page.render(scale=scale_of(*page.get_size()), grayscale=True).to_pil()
        return image

    def draw(self, number: int, max_pixels: int) -> "Image":
        """Return a page in color, for people."""
        with self._page(number) as page:
            _refuse_large_images(page)
            width, height = page.get_size()
            image: Image = page.render(scale=scale_of(width, height, max_pixels)).to_pil()
        return image

    @contextmanager
    def _page(self, number: int) -> Iterator[Any]:
        """Open a page with the contents of its forms and notes.

        It is closed explicitly: left to the garbage collector, pages take ten times the memory by page 500.
        """
        import pypdfium2.raw  # noqa: PLC0415 as above

        page = self.document[number - 1]
        try:
            if pypdfium2.raw.FPDFPage_GetAnnotCount(page.raw):
                pypdfium2.raw.FPDFPage_Flatten(page.raw, pypdfium2.raw.FLAT_NORMALDISPLAY)
                page.close()
                page = self.document[number - 1]  # opened again, because only then it has its new content
            if min(page.get_size()) < 1:  # its crop lies outside the page
                page.set_cropbox(*page.get_mediabox())
                page.close()
                page = self.document[number - 1]
            yield page
        finally:
            page.close()


def _is_covered(page: Any) -> bool:  # noqa: ANN401 the library has no types
    """Whether one picture covers most of a page."""
    import pypdfium2.raw  # noqa: PLC0415 as above

    width, height = page.get_size()
    boxes = (one.get_bounds() for one in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]))
    areas = (abs((right - left) * (top - bottom)) for left, bottom, right, top in boxes)
    return any(area >= _COVERED_SHARE * width * height for area in areas)


def _refuse_large_images(page: Any) -> None:  # noqa: ANN401 the library has no types
    """Refuse images that exceed pdfium's memory: it would silently omit them, and the page would seem empty."""
    import pypdfium2.raw  # noqa: PLC0415 as above

    for picture in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]):
        width, height = picture.get_px_size()
        if width * height > _MAX_IMAGE_PIXELS:
            raise PermanentError(Code.TOO_COMPLEX, f"a picture on a page has {width} x {height} pixels")


@contextmanager
def open_pdf(path: str, password: str | None = None) -> Iterator[Pdf]:
    """Open a document; a damaged one is repaired first."""
    with _pdfium_errors():
        pdf = _open(path, password)
        try:
            yield pdf
        finally:
            pdf.document.close()


@contextmanager
def _pdfium_errors() -> Iterator[None]:
    """Raise errors with our codes for those of pdfium."""
    import pypdfium2  # noqa: PLC0415 as above

    try:
        yield
    except pypdfium2.PdfiumError as exc:
        code, message = _reason_of(exc) or (Code.DAMAGED, f"the document cannot be read: {exc}")
        raise PermanentError(code, message) from exc


def _open(path: str, password: str | None) -> Pdf:
    import pypdfium2  # noqa: PLC0415 as above

    try:
        return Pdf(_unlock(path, password), repaired=False)
    except pypdfium2.PdfiumError as exc:
        if _reason_of(exc):
            raise
    return Pdf(pypdfium2.PdfDocument(repair(path, password)), repaired=True)


def _unlock(path: str, password: str | None) -> Any:  # noqa: ANN401 as above
    """Open a document without the password first, because most need none, then with each of its spellings."""
    import pypdfium2  # noqa: PLC0415 as above

    for spelling in (None, *spellings_of(password)):
        try:
            return pypdfium2.PdfDocument(path, password=spelling)
        except pypdfium2.PdfiumError as exc:
            if _LOCKED_MESSAGE not in str(exc):
                raise
    raise password_error(password)


def _reason_of(exc: Exception) -> tuple[Code, str] | None:
    return next((why for word, why in _REASONS.items() if word in str(exc)), None)


def is_legible(text: str) -> bool:
    """Whether the fonts map their glyphs to characters; if not, the page may still look right in a viewer."""
    return len(_GARBLED_CHARACTER.findall(text)) <= _MAX_GARBLED_SHARE * len(text)


def tidy(text: str) -> str:
    """Normalize line ends and hyphens, and drop pdfium's placeholders for unknown characters."""
    lines = text.translate(_REPLACEMENTS).splitlines()
    return "\n".join(line.strip() for line in lines).strip()


def scale_of(width: float, height: float, max_pixels: int = _MAX_PIXELS) -> float:
    """Return the pixels per point at which a page is rendered."""
    return min(_DPI / _POINTS_PER_INCH, math.sqrt(max_pixels / max(width * height, 1)))
