"""The lines that OCR finds become text in the order in which a person reads them."""

from dataclasses import replace
from math import cos, radians, sin

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


def recognize_by_shape(shape: tuple[int, int]) -> list[OcrLine]:
    """Return a good line for a portrait page, and a bad one for a landscape page."""
    width, height = shape
    return [line("abcdef", 0, 0)] if height > width else [replace(line("x", 0, 0, height=60), score=0.97)]


def test_a_page_on_its_side_is_turned_until_it_reads_best() -> None:
    sizes = []

    def recognize(image: Image.Image) -> list[OcrLine]:
        sizes.append(image.size)
        return recognize_by_shape(image.size)

    page = Image.new("L", (300, 200), 255)
    page.putpixel((1, 1), 0)
    assert [one.text for one in recognize_upright(page, recognize).lines] == ["abcdef"]
    assert len(sizes) == 4


def test_an_upright_page_is_recognized_once() -> None:
    sizes = []

    def recognize(image: Image.Image) -> list[OcrLine]:
        sizes.append(image.size)
        return recognize_by_shape(image.size)

    page = Image.new("L", (200, 300), 255)
    page.putpixel((1, 1), 0)
    assert [one.text for one in recognize_upright(page, recognize).lines] == ["abcdef"]
    assert len(sizes) == 1


def test_a_blank_page_is_not_recognized() -> None:
    def recognize(_: Image.Image) -> list[OcrLine]:
        raise AssertionError

    assert recognize_upright(Image.new("L", (200, 300), 255), recognize).lines == []
