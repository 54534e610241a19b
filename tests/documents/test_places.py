"""A quote gets the box that a person would draw around it, on pages of every kind and however they lie.

The truth is known, because the pages are made here. A box is right if each of its sides is where it should be within a
third of the size of the letters: who looks there sees these words and no others.
"""

import asyncio
from io import BytesIO
from math import cos, radians, sin
from pathlib import Path
from random import Random
from typing import Final

import pikepdf
import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped] # it has no types
from reportlab.pdfbase.pdfmetrics import stringWidth  # type: ignore[import-untyped] # as above
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped] # as above

from contract.reading import TextSource
from tests.worker import documents
from worker.analysis.quote_boxes import SEARCH_LIMITS, PageQuote, PageWords, QuoteSearch, find_quotes
from worker.documents.boxes import Box, Word, pack_boxes, unpack_boxes
from worker.documents.document_reader import run_document_child
from worker.documents.ocr_engines import RAPIDOCR, OcrChoice

from .reading import read
from .tessdata import EVERY_CHOICE

QUOTE: Final = "Total 123.45"
LINES: Final = ("Invoice 4711", "Halden Instruments GmbH", f"Sum and {QUOTE} in EUR", "payable within thirty days")
WITHIN: Final = 0.3  # of the size of the letters; half of that is usual
EXACT: Final = 0.1  # of it: between a letter and the place that its font gives it
SIZE: Final = 34  # of the letters, in pixels
PAGE: Final = (1_000, 700)
POINTS: Final = 20
CAPITAL: Final = 0.718  # of its size: Helvetica's capitals
ORIENTATION, TURN_RIGHT = 0x0112, 6


def scan() -> tuple[Image.Image, list[tuple[float, float]]]:
    """Return a picture of the lines, and the corners of the quote in it."""
    image = Image.new("L", PAGE, 255)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(SIZE)
    for number, text in enumerate(LINES):
        draw.text((120, 110 + 120 * number), text, fill=20, font=font)
    ahead = draw.textlength("Sum and ", font=font)
    left, top, right, bottom = draw.textbbox((120 + ahead, 350), QUOTE, font=font)
    return image, [(left, top), (right, top), (right, bottom), (left, bottom)]


def shares(corners: list[tuple[float, float]], size: tuple[float, float]) -> Box:
    """Return the box around corners."""
    across, down = zip(*corners, strict=True)
    return min(across) / size[0], min(down) / size[1], max(across) / size[0], max(down) / size[1]


def off(found: Box | None, truth: Box, size: tuple[float, float], height: float) -> float:
    """Return how far the worst side is off, in heights of the text."""
    assert found
    sides = enumerate(zip(found, truth, strict=True))
    return max(abs(one - other) * size[number % 2] for number, (one, other) in sides) / height


def find_box(folder: Path, content: bytes, choice: OcrChoice) -> Box | None:
    """Return where a recognition saw the quote."""
    (page,) = read(folder, content, choice).pages
    assert page.source is TextSource.OCR
    words = page.text.split()
    return PageWords([Word(*both) for both in zip(words, unpack_boxes(page.boxes or ""), strict=True)]).box(QUOTE)


def turn_scan(degrees: float) -> tuple[Image.Image, list[tuple[float, float]]]:
    """Return the picture turned to the left, and where the corners of the quote are then."""
    image, corners = scan()
    other = image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    (x, y), (new_x, new_y) = ((side / 2 for side in one.size) for one in (image, other))
    angle = radians(degrees)
    return other, [
        (new_x + (a - x) * cos(angle) + (b - y) * sin(angle), new_y - (a - x) * sin(angle) + (b - y) * cos(angle))
        for a, b in corners
    ]


@pytest.mark.parametrize(
    ("degrees", "choice"),
    [
        pytest.param(degrees, *one.values, id=f"{one.id} {degrees}", marks=one.marks)
        for turns, one in zip(((0, 90, 2), (0, 180, 2), (0, 270, 2)), EVERY_CHOICE, strict=True)
        for degrees in turns
    ],
)
def test_on_a_scan_that_is_upright_turned_or_leaning(tmp_path: Path, choice: OcrChoice, degrees: int) -> None:
    image, corners = turn_scan(degrees)
    found = find_box(tmp_path, documents.encode_picture(image, "PNG"), choice)
    assert off(found, shares(corners, image.size), image.size, SIZE) < WITHIN


def test_on_a_photo_as_a_viewer_shows_it(tmp_path: Path) -> None:
    """A telephone that was held upright keeps the picture on its side, and a note of it."""
    image, corners = scan()
    photo, note = BytesIO(), Image.Exif()
    note[ORIENTATION] = TURN_RIGHT
    image.rotate(90, expand=True).save(photo, "JPEG", exif=note, quality=95)
    assert off(find_box(tmp_path, photo.getvalue(), RAPIDOCR), shares(corners, PAGE), PAGE, SIZE) < WITHIN


def test_on_a_picture_that_is_larger_than_what_is_looked_at(tmp_path: Path) -> None:
    image, corners = scan()
    large = image.resize((2_900, 2_030))
    assert (
        off(find_box(tmp_path, documents.encode_picture(large, "PNG"), RAPIDOCR), shares(corners, PAGE), PAGE, SIZE)
        < WITHIN
    )


def digital(*, rotate: int = 0, crop: tuple[int, int, int, int] = (0, 0, 595, 842)) -> tuple[bytes, Box]:
    """Return a PDF, and where the quote is on its page as a viewer shows it."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    canvas.setFont("Helvetica", POINTS)
    for number, text in enumerate(LINES):
        canvas.drawString(130, 700 - 60 * number, text)
    canvas.save()
    with pikepdf.open(out) as file:
        file.pages[0].rotate(rotate, relative=False)
        file.pages[0].cropbox = pikepdf.Array(crop)
        out = BytesIO()
        file.save(out)
    left = 130 + stringWidth("Sum and ", "Helvetica", POINTS)
    right, top = left + stringWidth(QUOTE, "Helvetica", POINTS), 580 + CAPITAL * POINTS
    width, height = crop[2] - crop[0], crop[3] - crop[1]
    box = (left - crop[0]) / width, (crop[3] - top) / height, (right - crop[0]) / width, (crop[3] - 580) / height
    return out.getvalue(), (1 - box[3], box[0], 1 - box[1], box[2]) if rotate else box


def look_up(folder: Path, content: bytes, *quotes: PageQuote, password: str | None = None) -> list[Box | None]:
    """Return where quotes are in a PDF, as the worker looks them up."""
    file = folder / "digital.pdf"
    file.write_bytes(content)
    search = QuoteSearch(path=str(file), quotes=quotes, password=password)
    return asyncio.run(run_document_child(find_quotes, search, SEARCH_LIMITS))


@pytest.mark.parametrize(
    ("rotate", "crop"),
    [(0, (0, 0, 595, 842)), (90, (0, 0, 595, 842)), (0, (40, 300, 540, 780)), (90, (40, 300, 540, 780))],
    ids=["as it is", "turned", "cut", "cut and turned"],
)
def test_on_a_page_that_carries_its_text(tmp_path: Path, rotate: int, crop: tuple[int, int, int, int]) -> None:
    content, truth = digital(rotate=rotate, crop=crop)
    [found] = look_up(tmp_path, content, PageQuote(1, QUOTE))
    size = (crop[2] - crop[0], crop[3] - crop[1])
    assert off(found, truth, size[::-1] if rotate else size, POINTS) < EXACT


def test_what_is_not_to_be_seen_on_the_page_has_no_box(tmp_path: Path) -> None:
    content, _ = digital(crop=(0, 600, 595, 842))
    assert look_up(tmp_path, content, PageQuote(1, QUOTE), PageQuote(1, "Invoice 4711"))[0] is None


def test_what_the_edge_of_the_page_cuts_ends_there(tmp_path: Path) -> None:
    content, _ = digital(crop=(0, 0, 270, 842))
    [found] = look_up(tmp_path, content, PageQuote(1, "Halden Instruments"))
    assert found
    assert 0 < found[0] < found[2] == 1


def test_words_that_a_line_ends_in_are_found_across_it(tmp_path: Path) -> None:
    """Pdfium has a sign of its own for a hyphen there, and joins what it parts."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    for number, text in enumerate(("the tax depart-", "ment of the first district, caf\u00e9")):
        canvas.drawString(50, 700 - 14 * number, text)
    canvas.save()
    (page,) = read(tmp_path, out.getvalue()).pages
    assert page.text == "the tax depart-ment of the first district, caf\u00e9"
    [found, whole] = look_up(tmp_path, out.getvalue(), PageQuote(1, "tax depart- ment"), PageQuote(1, page.text))
    assert found
    assert whole
    assert found[0] == pytest.approx(whole[0], abs=0.01), "the second line begins where the first one does"
    assert found[1] == pytest.approx(whole[1], abs=0.01)
    assert found[2] < whole[2]


def test_quotes_are_looked_up_on_their_pages(tmp_path: Path) -> None:
    content = documents.make_pdf("The first page says Total 12.00", "The second page says Total 99.00")
    quotes = PageQuote(2, "Total 99.00"), PageQuote(1, "Total 12.00"), PageQuote(1, "Total 99.00")
    second, first, nowhere = look_up(tmp_path, content, *quotes)
    assert first
    assert second
    assert nowhere is None


def words(text: str) -> PageWords:
    """Return words of which each is a tenth of the page wide; every line is a tenth of it lower."""
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
def test_a_quote_is_found_among_words_however_it_is_set(text: str, quote: str, box: Box | None) -> None:
    assert words(text).box(quote) == box


def test_boxes_come_back_as_they_were_packed() -> None:
    random = Random(1)
    boxes: list[Box] = [(random.random(), random.random(), random.random(), random.random()) for _ in range(200)]
    assert unpack_boxes(pack_boxes(boxes)) == [pytest.approx(box, abs=1 / 65_535) for box in boxes]
    assert unpack_boxes(pack_boxes([(-0.1, 0.0, 1.0, 1.2)])) == [(0.0, 0.0, 1.0, 1.0)]
    assert len(pack_boxes(boxes)) <= 11 * len(boxes)
