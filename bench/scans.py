"""Pages of known truth as a scanner gives them, and dossiers: pages that a program printed, and scans among them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from random import Random
from typing import Final

from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped] # it has no types
from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped] # as above
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped] # as above

from evaluation.own.wear import drawn

from . import written
from .written import Written

ORDINARY: Final = (
    "clean",
    "noisy",
    "form",
    "squeezed",
    "askew",
)  # what offices make; a photo in bad light is none of these
_QUALITY: Final = 90  # of the JPEGs that scanners put into a PDF; one that was squeezed before is not made better


@dataclass(frozen=True)
class Sheet:
    """A page, and what the scanner did to it; with no wear, it is as the program printed it."""

    page: Written
    wear: str | None = None


def dossier(pages: Sequence[Written], size: int) -> list[Sheet]:
    """Return so many pages, every second of them a scan of ordinary quality, each kind in turn."""
    return list(_dossier(pages, size))


def _dossier(pages: Sequence[Written], size: int) -> Iterator[Sheet]:
    for number in range(size):
        page = pages[number // 2 % len(pages)]
        kind = number // 2 // len(pages) + number // 2  # so that a page comes in another kind the next time
        yield Sheet(page, ORDINARY[kind % len(ORDINARY)] if number % 2 else None)


def pdf(sheets: Sequence[Sheet]) -> bytes:
    """Return them as one document."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for sheet in sheets:
        if sheet.wear is None:
            written.draw(canvas, sheet.page)
        else:
            canvas.drawImage(_scan(sheet.page, sheet.wear), 0, 0, *A4)
            canvas.showPage()
    canvas.save()
    return out.getvalue()


@cache
def _scan(page: Written, wear: str) -> ImageReader:
    """Return the same picture for the same page, which stands in a document once."""
    [image] = drawn(written.printed(page))
    out = BytesIO()
    written.WEARS[wear](image, Random(page.name)).save(out, "JPEG", quality=_QUALITY)
    return ImageReader(BytesIO(out.getvalue()))
