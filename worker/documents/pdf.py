"""PDF by pdfium, which runs in child processes only: it aborts when memory is short, and it knows no threads.

The library is imported late, because the worker imports this module too and must not carry it.
"""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from contract.codes import Code
from durable import PermanentError

from .boxes import Word
from .layer import HYPHENS, words_on
from .mending import mended
from .passwords import refused, spellings

if TYPE_CHECKING:
    from PIL.Image import Image

_DPI: Final = 200  # finer costs time and finds no more
_POINTS: Final = 72  # an inch
_PIXELS: Final = 6_000_000  # of a rendered page; A4 has 3.9 million, and the recognition looks at 2.9
_PICTURE: Final = 120_000_000  # pixels of one on a page; A3 at 600 dpi has 70 million
_GARBLED: Final = re.compile("[\ue000-\uf8ff\ufffd\x01-\x08\x0e-\x1f]")
_SIGNS: Final = str.maketrans({**dict.fromkeys(HYPHENS, "-"), "\x00": ""})
_MOST_GARBLED: Final = 0.1  # of a page's characters; a symbol here and there is not worth a look
# How pdfium says what is wrong; there are no codes. It calls a document without pages a success.
_LOCKED: Final = "password"
_REASONS: Final = {
    "security": (Code.ENCRYPTED, "the document is encrypted in a way that cannot be read"),
    "Success": (Code.NO_PAGES, "the document has no pages"),
}


@dataclass(frozen=True)
class Pdf:
    """An open document. Of a repaired one some may be missing."""

    document: Any  # the library has no types
    repaired: bool

    def __len__(self) -> int:
        return len(self.document)

    def size(self, number: int) -> tuple[int, int]:
        """Return a page's sides, as they are shown, in points."""
        page = self.document[number - 1]
        width, height = page.get_size()
        page.close()
        return max(1, round(width)), max(1, round(height))

    def text(self, number: int) -> str:
        """Return the text that a page carries; that is nothing for a scanned one."""
        # Closed by hand: what the garbage collector closes late is ten times the memory by page 500.
        page = self.document[number - 1]
        layer = page.get_textpage()
        text: str = layer.get_text_bounded()
        layer.close()
        page.close()
        return tidy(text) if is_legible(text) else ""

    def words(self, number: int) -> list[Word]:
        """Return the words that are shown on a page, and where. It takes ten times as long as their text alone."""
        page = self.document[number - 1]
        layer = page.get_textpage()
        words = words_on(page, layer)
        layer.close()
        page.close()
        return words

    def is_bare(self, number: int) -> bool:
        """Whether nothing at all is drawn on a page."""
        import pypdfium2.raw  # type: ignore[import-untyped] # noqa: PLC0415 it has no types; see the first lines

        page = self.document[number - 1]
        count: int = pypdfium2.raw.FPDFPage_CountObjects(page)
        page.close()
        return count == 0

    def render(self, number: int) -> "Image":
        """Return a page in gray. Its size is limited before it is drawn: it may claim to be as large as a house."""
        page = self.document[number - 1]
        try:
            _refuse_large_pictures(page)
            image: Image = page.render(scale=scale_of(*page.get_size()), grayscale=True).to_pil()
        finally:
            page.close()
        return image


def _refuse_large_pictures(page: Any) -> None:  # noqa: ANN401 the library has no types
    """Pdfium leaves out, without a word, what it has no memory for; and the page would seem to be empty."""
    import pypdfium2.raw  # noqa: PLC0415 as above

    for picture in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]):
        width, height = picture.get_px_size()
        if width * height > _PICTURE:
            raise PermanentError(Code.TOO_COMPLEX, f"a picture on a page has {width} x {height} pixels")


@contextmanager
def opened(path: str, password: str | None = None) -> Iterator[Pdf]:
    """Open a document, repaired if need be, and tell what is wrong with it in our codes."""
    import pypdfium2  # noqa: PLC0415 as above

    try:
        pdf = _open(path, password)
        try:
            yield pdf
        finally:
            pdf.document.close()
    except pypdfium2.PdfiumError as exc:
        code, message = _reason(exc) or (Code.DAMAGED, f"the document cannot be read: {exc}")
        raise PermanentError(code, message) from exc


def _open(path: str, password: str | None) -> Pdf:
    import pypdfium2  # noqa: PLC0415 as above

    try:
        return Pdf(_unlocked(path, password), repaired=False)
    except pypdfium2.PdfiumError as exc:
        if _reason(exc):
            raise
    return Pdf(pypdfium2.PdfDocument(mended(path, password)), repaired=True)


def _unlocked(path: str, password: str | None) -> Any:  # noqa: ANN401 as above
    """Open it without a password, which most need none for, or with it in one of its spellings."""
    import pypdfium2  # noqa: PLC0415 as above

    for spelling in (None, *spellings(password)):
        try:
            return pypdfium2.PdfDocument(path, password=spelling)
        except pypdfium2.PdfiumError as exc:
            if _LOCKED not in str(exc):
                raise
    raise refused(password)


def _reason(exc: Exception) -> tuple[Code, str] | None:
    return next((why for word, why in _REASONS.items() if word in str(exc)), None)


def is_legible(text: str) -> bool:
    """Whether the page's fonts say what their signs mean; the letters may look right all the same."""
    return len(_GARBLED.findall(text)) <= _MOST_GARBLED * len(text)


def tidy(text: str) -> str:
    """Return text with our line ends, and without what pdfium puts where it knows no character."""
    lines = text.translate(_SIGNS).splitlines()
    return "\n".join(line.strip() for line in lines).strip()


def scale_of(width: float, height: float) -> float:
    """Return how many pixels a point becomes."""
    return min(_DPI / _POINTS, math.sqrt(_PIXELS / max(width * height, 1)))
