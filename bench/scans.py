"""Scans of pages with known text, and dossiers: digital pages with scans among them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from random import Random
from typing import Final

from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped] # it has no types
from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped] # as above
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped] # as above

from evaluation.own.wear import render_pages

from . import printed_pages
from .printed_pages import PrintedPage

# Typical scans of offices; a photo in bad light is none.
OFFICE_WEARS: Final = tuple(wear for wear in printed_pages.WEARS if wear != "faint")
_QUALITY: Final = 90  # of the JPEGs in scanned PDFs; it does not improve a squeezed scan


@dataclass(frozen=True)
class Sheet:
    """A page and the wear of its scan; without wear it is digital."""

    page: PrintedPage
    wear: str | None = None


def make_dossier(pages: Sequence[PrintedPage], size: int) -> list[Sheet]:
    """Return `size` pages; every second one is a scan, with each wear in turn."""
    return list(_make_sheets(pages, size))


def _make_sheets(pages: Sequence[PrintedPage], size: int) -> Iterator[Sheet]:
    for number in range(size):
        page = pages[number // 2 % len(pages)]
        kind = number // 2 // len(pages) + number // 2  # so that a repeated page has another wear
        yield Sheet(page, OFFICE_WEARS[kind % len(OFFICE_WEARS)] if number % 2 else None)


def make_pdf(sheets: Sequence[Sheet]) -> bytes:
    """Return the sheets as one PDF."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for sheet in sheets:
        if sheet.wear is None:
            printed_pages.draw(canvas, sheet.page)
        else:
            canvas.drawImage(_make_scan(sheet.page, sheet.wear), 0, 0, *A4)
            canvas.showPage()
    canvas.save()
    return out.getvalue()


@cache
def _make_scan(page: PrintedPage, wear: str) -> ImageReader:
    """Return the scan of a page; equal scans share one image in the document."""
    [image] = render_pages(printed_pages.make_pdf(page))
    out = BytesIO()
    printed_pages.WEARS[wear](image, Random(page.name)).save(out, "JPEG", quality=_QUALITY)
    return ImageReader(BytesIO(out.getvalue()))
