"""A document and the text of its pages, as the steps hand them on. Neither is here, but where in the store it lies."""

from enum import StrEnum
from typing import Self

from pydantic import Field

from .model import Value
from .use import Use


class Reference(Value):
    """An object of the object store: where it is, and what tells that it is still the same."""

    key: str
    size: int
    sha256: str


class MediaType(StrEnum):
    """What we read, as its bytes say and not as anybody claims."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    TIFF = "image/tiff"
    WEBP = "image/webp"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    @property
    def extension(self) -> str:
        """How a file of it is called, without the dot."""
        return self.name.lower()


class Original(Value):
    """The document as it was downloaded."""

    reference: Reference
    media_type: MediaType
    use: Use = Use()


class TextSource(StrEnum):
    """Where a page's text is from."""

    TEXT_LAYER = "text_layer"
    OCR = "ocr"


class PageText(Value):
    """One page, counted from 1; how sure the recognition was, from 0 to 1, where there was one and it saw text."""

    number: int
    text: str
    source: TextSource
    confidence: float | None = None
    # Where each word of the text stands that blanks divide: four numbers a word, left, top, right and bottom, in
    # 65535ths of the page, two bytes each with the higher first, in base64. A list of them would be ten times as long.
    boxes: str | None = Field(default=None, exclude_if=lambda it: it is None)


class Pages(Value):
    """All pages, as they lie in the object store, and what is to be said of them."""

    pages: tuple[PageText, ...]
    warnings: tuple[str, ...] = ()
    use: Use = Field(default=Use(), exclude_if=lambda it: it == Use())  # what whoever wrote them had taken for it


class Text(Value):
    """Where the pages are, and how many are from which source."""

    reference: Reference
    page_count: int
    from_text_layer: int = 0
    from_ocr: int = 0
    warnings: tuple[str, ...] = ()
    use: Use = Use()
    # What the analysis may cost, in a job that has a limit; None if nobody knows.
    ahead_usd: float | None = 0.0

    @classmethod
    def of(cls, reference: Reference, text: Pages) -> Self:
        """Count them."""
        count, seen = len(text.pages), sum(page.source is TextSource.OCR for page in text.pages)
        return cls(
            reference=reference,
            page_count=count,
            from_text_layer=count - seen,
            from_ocr=seen,
            warnings=text.warnings,
            use=text.use,
        )
