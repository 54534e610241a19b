"""A quote on a page with text gets the box that a person would draw around it, turned or not.

The tests draw the pages and know the true boxes. test_ocr_engines.py does the same for scans and photos.
"""

import asyncio
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Final

import pikepdf
import pytest
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped] # it has no types
from reportlab.pdfbase.pdfmetrics import stringWidth  # type: ignore[import-untyped] # as above
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped] # as above

from contract.reading import PageText
from tests.worker import documents
from worker.analysis.quote_boxes import SEARCH_LIMITS, PageQuote, PageWords, QuoteSearch, find_quotes
from worker.documents.boxes import Box, Word, pack_boxes, unpack_boxes
from worker.documents.document_reader import run_document_child

from .outcomes import read
from .scan import QUOTE, measure_error

LINES: Final = ("Invoice 4711", "Halden Instruments GmbH", f"Sum and {QUOTE} in EUR", "payable within thirty days")
MAX_TEXT_LAYER_ERROR: Final = 0.1  # in heights of the letters: between a letter and its position in the font
FONT_POINTS: Final = 20
CAPITAL_HEIGHT: Final = 0.718  # of Helvetica, in font sizes


def make_text_pdf(*, rotate: int = 0, crop: tuple[int, int, int, int] = (0, 0, 595, 842)) -> tuple[bytes, Box]:
    """Return a PDF with a text layer, and the box of the quote as a viewer shows it."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    canvas.setFont("Helvetica", FONT_POINTS)
    for number, text in enumerate(LINES):
        canvas.drawString(130, 700 - 60 * number, text)
    canvas.save()
    with pikepdf.open(out) as file:
        file.pages[0].rotate(rotate, relative=False)
        file.pages[0].cropbox = pikepdf.Array(crop)
        out = BytesIO()
        file.save(out)
    left = 130 + stringWidth("Sum and ", "Helvetica", FONT_POINTS)
    right, top = left + stringWidth(QUOTE, "Helvetica", FONT_POINTS), 580 + CAPITAL_HEIGHT * FONT_POINTS
    width, height = crop[2] - crop[0], crop[3] - crop[1]
    box = (left - crop[0]) / width, (crop[3] - top) / height, (right - crop[0]) / width, (crop[3] - 580) / height
    return out.getvalue(), (1 - box[3], box[0], 1 - box[1], box[2]) if rotate else box


def find_quote_boxes(folder: Path, content: bytes, *quotes: PageQuote, password: str | None = None) -> list[Box | None]:
    """Return the boxes of quotes in a PDF, as the worker finds them."""
    file = folder / "digital.pdf"
    file.write_bytes(content)
    search = QuoteSearch(path=str(file), quotes=quotes, password=password)
    return asyncio.run(run_document_child(find_quotes, search, SEARCH_LIMITS, folder=file.parent))


@pytest.mark.parametrize(
    ("rotate", "crop"),
    [(0, (0, 0, 595, 842)), (90, (0, 0, 595, 842)), (0, (40, 300, 540, 780)), (90, (40, 300, 540, 780))],
    ids=["as it is", "turned", "cut", "cut and turned"],
)
def test_a_quote_is_found_on_a_page_with_a_text_layer(
    tmp_path: Path, rotate: int, crop: tuple[int, int, int, int]
) -> None:
    content, truth = make_text_pdf(rotate=rotate, crop=crop)
    [found] = find_quote_boxes(tmp_path, content, PageQuote(1, QUOTE))
    size = (crop[2] - crop[0], crop[3] - crop[1])
    assert measure_error(found, truth, size[::-1] if rotate else size, FONT_POINTS) < MAX_TEXT_LAYER_ERROR


def find_among_words(page: PageText, quote: str) -> Box | None:
    """Return the box of a quote by the boxes that a page's words have."""
    words = zip(page.text.split(), unpack_boxes(page.boxes or ""), strict=True)
    return PageWords([Word(text, box) for text, box in words]).box(quote)


@pytest.mark.parametrize("rotate", [0, 90])
@pytest.mark.parametrize("crop", [(0, 0, 595, 842), (40, 300, 540, 780), (0, 600, 595, 842)])
def test_the_words_of_a_one_page_document_have_the_boxes_that_a_lookup_finds(
    tmp_path: Path, rotate: int, crop: tuple[int, int, int, int]
) -> None:
    """So its quotes need no lookup."""
    content, _ = make_text_pdf(rotate=rotate, crop=crop)
    (page,) = read(tmp_path, content).pages
    quotes = (QUOTE, "Invoice 4711", "Halden Instruments", "thirty days")
    looked_up = find_quote_boxes(tmp_path, content, *(PageQuote(1, quote) for quote in quotes))
    assert any(looked_up)
    assert [find_among_words(page, quote) for quote in quotes] == looked_up


def test_only_a_short_document_of_one_page_has_boxes_of_all_words(tmp_path: Path) -> None:
    text = "This page carries a text layer that is long enough"
    assert read(tmp_path, documents.make_pdf(text)).pages[0].boxes
    assert not any(page.boxes for page in read(tmp_path, documents.make_pdf(text, text)).pages)
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    canvas.setFont("Helvetica", 6)
    for number in range(100):
        canvas.drawString(50, 830 - 8 * number, f"{number} {text}")
    canvas.save()
    (long,) = read(tmp_path, out.getvalue()).pages
    assert len(long.text) > 5_000
    assert long.boxes is None


def test_a_page_that_cuts_words_leaves_their_boxes_to_a_lookup(tmp_path: Path) -> None:
    """Its text has a part of a word, and the word's box is that of the whole."""
    content, _ = make_text_pdf(crop=(0, 0, 270, 842))
    (page,) = read(tmp_path, content).pages
    assert page.text
    assert page.boxes is None


def test_a_quote_outside_the_visible_page_has_no_box(tmp_path: Path) -> None:
    content, _ = make_text_pdf(crop=(0, 600, 595, 842))
    assert find_quote_boxes(tmp_path, content, PageQuote(1, QUOTE), PageQuote(1, "Invoice 4711"))[0] is None


def test_a_box_ends_at_the_edge_of_the_page(tmp_path: Path) -> None:
    content, _ = make_text_pdf(crop=(0, 0, 270, 842))
    [found] = find_quote_boxes(tmp_path, content, PageQuote(1, "Halden Instruments"))
    assert found
    assert 0 < found[0] < found[2] == 1


def test_a_hyphenated_word_is_found_across_two_lines(tmp_path: Path) -> None:
    """Pdfium returns a special character for a hyphen at the end of a line, and joins the two parts of the word."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    for number, text in enumerate(("the tax depart-", "ment of the first district, caf\u00e9")):
        canvas.drawString(50, 700 - 14 * number, text)
    canvas.save()
    (page,) = read(tmp_path, out.getvalue()).pages
    assert page.text == "the tax depart-ment of the first district, caf\u00e9"
    [found, whole] = find_quote_boxes(
        tmp_path, out.getvalue(), PageQuote(1, "tax depart- ment"), PageQuote(1, page.text)
    )
    assert found
    assert whole
    assert found[0] == pytest.approx(whole[0], abs=0.01), "the second line begins where the first one does"
    assert found[1] == pytest.approx(whole[1], abs=0.01)
    assert found[2] < whole[2]


def test_quotes_are_found_on_their_own_pages(tmp_path: Path) -> None:
    content = documents.make_pdf("The first page says Total 12.00", "The second page says Total 99.00")
    quotes = PageQuote(2, "Total 99.00"), PageQuote(1, "Total 12.00"), PageQuote(1, "Total 99.00")
    second, first, nowhere = find_quote_boxes(tmp_path, content, *quotes)
    assert first
    assert second
    assert nowhere is None


def to_page_words(text: str) -> PageWords:
    """Return the words of a text; each word is a tenth of the page wide and high."""
    return PageWords(
        [
            Word(word, (column / 10, row / 10, (column + 1) / 10, (row + 1) / 10))
            for row, line in enumerate(text.splitlines())
            for column, word in enumerate(line.split())
        ]
    )


@pytest.mark.parametrize(
    ("text", "quote", "box"),
    [
        ("To pay TOTAL 12.00", "Total  12.00", (0.2, 0.0, 0.4, 0.1)),
        ("To pay Total\n12.00 EUR", "Total 12.00", (0.0, 0.0, 0.3, 0.2)),
        ("Jan \u2013 March", "jan - march", (0.0, 0.0, 0.3, 0.1)),
        ("a mid-\nterm report", "mid- term", (0.0, 0.0, 0.2, 0.2)),
        ("the \ufb01rst page", "first page", (0.1, 0.0, 0.3, 0.1)),
        ("Total12.00 now", "Total 12.00", (0.0, 0.0, 0.1, 0.1)),
        ("in 2012 there were 12 of them", "12", (0.4, 0.0, 0.5, 0.1)),
        ("Total 5\nTotal 5", "Total 5", (0.0, 0.0, 0.2, 0.1)),
        ("soft \u00ad hyphen", "soft hyphen", (0.0, 0.0, 0.3, 0.1)),
        ("Total 12.00", "Total 13.00", None),
        ("Total 12.00", " ", None),
        ("", "Total", None),
    ],
)
def test_a_quote_is_found_despite_case_spaces_dashes_and_ligatures(text: str, quote: str, box: Box | None) -> None:
    assert to_page_words(text).box(quote) == box


def test_packed_boxes_are_unpacked_unchanged() -> None:
    random = Random(1)
    boxes: list[Box] = [(random.random(), random.random(), random.random(), random.random()) for _ in range(200)]
    assert unpack_boxes(pack_boxes(boxes)) == [pytest.approx(box, abs=1 / 65_535) for box in boxes]
    assert unpack_boxes(pack_boxes([(-0.1, 0.0, 1.0, 1.2)])) == [(0.0, 0.0, 1.0, 1.0)]
    assert len(pack_boxes(boxes)) <= 11 * len(boxes)
