"""PDF by pdfium, which runs in child processes only: it aborts when memory is short, and it knows no threads.

The library is imported late, because the worker imports this module too and must not carry it.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from contract.codes import Code
from durable.errors import PermanentError

if TYPE_CHECKING:
    from PIL.Image import Image

_DPI: Final = 200  # finer costs time and finds no more
_POINTS: Final = 72  # an inch
_PIXELS: Final = 6_000_000  # of a rendered page; A4 has 3.9 million, and the recognition looks at 2.9
# How pdfium says what is wrong; there are no codes. It calls a document without pages a success.
_REASONS: Final = {
    "password": (Code.ENCRYPTED, "the document needs a password"),
    "Success": (Code.NO_PAGES, "the document has no pages"),
}


@dataclass(frozen=True, kw_only=True)
class Pdf:
    """A file, and how many pages it may have."""

    path: str
    most: int


def text_layers(pdf: Pdf) -> list[str]:
    """Return the text that each page carries; that is nothing for a scanned one."""
    with opened(pdf.path) as document:
        count = len(document)
        if count == 0:
            raise PermanentError(*_REASONS["Success"])
        if count > pdf.most:
            raise PermanentError(Code.TOO_COMPLEX, f"the document has {count} pages of at most {pdf.most}")
        return [_text(document, index) for index in range(count)]


@contextmanager
def opened(path: str) -> Iterator[Any]:
    """Open a document, and tell what is wrong with it in our codes."""
    import pypdfium2  # type: ignore[import-untyped] # noqa: PLC0415 it has no types; see the module's first lines

    try:
        document = pypdfium2.PdfDocument(path)
        try:
            yield document
        finally:
            document.close()
    except pypdfium2.PdfiumError as exc:
        code, message = next((why for word, why in _REASONS.items() if word in str(exc)), _damaged(str(exc)))
        raise PermanentError(code, message) from exc


def _damaged(reason: str) -> tuple[Code, str]:
    return Code.DAMAGED, f"the document cannot be read: {reason}"


def _text(document: Any, index: int) -> str:  # noqa: ANN401 the library has no types
    # Closed by hand: what the garbage collector closes late is ten times the memory by page 500.
    page = document[index]
    layer = page.get_textpage()
    text: str = layer.get_text_bounded()
    layer.close()
    page.close()
    return tidy(text)


def tidy(text: str) -> str:
    """Return text with our line ends, and without what pdfium puts where it knows no character."""
    lines = text.replace("\ufffe", "-").replace("\x00", "").splitlines()
    return "\n".join(line.strip() for line in lines).strip()


def render(document: Any, number: int) -> "Image":  # noqa: ANN401 the library has no types
    """Return a page in gray. Its size is limited before it is drawn: a page may claim to be as large as a house."""
    page = document[number - 1]
    try:
        image: Image = page.render(scale=scale_of(*page.get_size()), grayscale=True).to_pil()
    finally:
        page.close()
    return image


def scale_of(width: float, height: float) -> float:
    """Return how many pixels a point becomes."""
    return min(_DPI / _POINTS, math.sqrt(_PIXELS / max(width * height, 1)))
