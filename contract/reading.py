"""A document and the text of its pages, as references to the object store."""

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field

from .model import Value
from .usage import Usage


class Reference(Value):
    """An object in the object store, with the size and hash that prove it unchanged."""

    key: str
    size: int
    sha256: str


class MediaType(StrEnum):
    """The supported formats. They are detected from the bytes, not from what a client or server claims."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    TIFF = "image/tiff"
    WEBP = "image/webp"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    @property
    def extension(self) -> str:
        """The file extension, without the dot."""
        return self.name.lower()


class Original(Value):
    """The document as it was downloaded."""

    reference: Reference
    media_type: MediaType
    usage: Usage = Usage()


class TextSource(StrEnum):
    """The source of a page's text."""

    TEXT_LAYER = "text_layer"
    OCR = "ocr"


class PageText(Value):
    """One page, counted from 1; `confidence` is that of OCR, from 0 to 1, if OCR found text."""

    number: int
    text: str
    source: TextSource
    confidence: float | None = None
    # The box of each word (blanks divide them): left, top, right and bottom in 65535ths of the page, two big-endian
    # bytes each, in base64. A list of numbers would be ten times as long.
    boxes: str | None = Field(default=None, exclude_if=lambda it: it is None)
    # On the first page: the fields of an electronic invoice that the document embeds.
    invoice: dict[str, str] | None = Field(default=None, exclude_if=lambda it: it is None)


class Pages(Value):
    """Pages as they are stored, and warnings about them."""

    pages: tuple[PageText, ...]
    warnings: tuple[str, ...] = ()
    usage: Usage = Field(default=Usage(), exclude_if=lambda it: it == Usage())  # what it took to read them


class Text(Value):
    """Where the pages are stored, how many there are, and what reading them took."""

    kind: Literal["text"] = "text"
    reference: Reference
    page_count: int
    warnings: tuple[str, ...] = ()
    usage: Usage = Usage()
    # What the analysis may cost, in a job that has a limit; None if its price is unknown.
    next_usd: float | None = 0.0

    @classmethod
    def of(cls, reference: Reference, pages: Pages, next_usd: float | None = 0.0) -> Self:
        """Describe pages that are stored there."""
        count, warnings, usage = len(pages.pages), pages.warnings, pages.usage
        return cls(reference=reference, page_count=count, warnings=warnings, usage=usage, next_usd=next_usd)
