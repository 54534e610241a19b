"""The lines that OCR finds become text in the order in which a person reads them."""

from dataclasses import dataclass, replace
from math import cos, radians, sin

import pytest
from PIL import Image

from worker.documents.ocr import recognize_upright
from worker.documents.reading_order import OcrLine, confidence_of, in_reading_order, is_upright


def line(text: str, x: float, y: float, *, height: float = 20, degrees: float = 0) -> OcrLine:
    """Return a line that begins at this point of a page that is turned by these degrees."""
    c, s = cos(radians(degrees)), sin(radians(degrees))
    width = 10 * len(text)
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    a, b, d, e = ((px * c - py * s, px * s + py * c) for px, py in corners)
    return OcrLine((a, b, d, e), text, 1.0)


def test_rows_are_read_from_the_top_and_each_from_the_left() -> None:
    lines = [line("second", 0, 40), line("right", 400, 3), line("left", 0, 0)]
    assert in_reading_order(lines).text == "left  right\nsecond"


def test_words_of_a_line_have_one_blank_and_cells_of_a_row_have_two() -> None:
    assert in_reading_order([line("one", 0, 0), line("two", 38, 0), line("far", 200, 0)]).text == "one two  far"


def test_a_skewed_page_is_straightened() -> None:
    """At two degrees the right end of a wide row is lower than the left end of the next."""
    lines = [line(f"{row}{column}", column * 900, row * 30, degrees=2) for row in range(3) for column in range(2)]
    assert in_reading_order(lines[::-1]).text == "00  01\n10  11\n20  21"


def test_a_large_heading_does_not_swallow_the_next_row() -> None:
    assert (
        in_reading_order([line("HEADING", 0, 0, height=60), line("small", 0, 66, height=12)]).text == "HEADING\nsmall"
    )


def test_an_empty_page_has_no_text_and_no_confidence() -> None:
    assert in_reading_order([]).text == ""
    assert confidence_of([]) is None


def test_confidence_is_weighted_by_characters() -> None:
    assert confidence_of([line("abc", 0, 0), replace(line("d", 0, 30), score=0.6)]) == 0.9


def test_vertical_lines_are_not_upright() -> None:
    assert is_upright([line("abcdef", 0, 0)])
    assert not is_upright([line("a", 0, 0, height=90)])


@dataclass
class Engine:
    """An OCR engine for pages that are higher than wide, with a spot in the upper left corner; it counts its calls."""

    is_good: bool = True
    calls: int = 0

    def recognize(self, image: Image.Image) -> list[OcrLine]:
        self.calls += 1
        if image.width > image.height:
            return [replace(line("x", 0, 0, height=60), score=0.97)]
        return [replace(line("abcdef", 0, 0), score=0.95 if image.getpixel((1, 1)) == 0 and self.is_good else 0.7)]


def make_page(turn: int = 0) -> Image.Image:
    """Return a page that must be turned to the left by these degrees."""
    page = Image.new("L", (200, 300), 255)
    page.paste(0, (0, 0, 20, 20))
    return page.rotate(-turn, expand=True)


@pytest.mark.parametrize(("turn", "calls"), [(0, 1), (90, 2), (180, 2), (270, 3)])
def test_a_page_is_turned_until_it_reads_well(turn: int, calls: int) -> None:
    """Lines that are higher than wide tell that it lies on its side."""
    engine = Engine()
    result = recognize_upright(make_page(turn), engine.recognize)
    assert (result.turn, result.quality, engine.calls) == (turn, 0.95, calls)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_page_that_reads_badly_is_read_in_every_direction(turn: int) -> None:
    engine = Engine(is_good=False)
    assert recognize_upright(make_page(turn), engine.recognize).quality == 0.7
    assert engine.calls == 4


def test_a_blank_page_is_not_recognized() -> None:
    def recognize(_: Image.Image) -> list[OcrLine]:
        raise AssertionError

    assert recognize_upright(Image.new("L", (200, 300), 255), recognize).lines == []
