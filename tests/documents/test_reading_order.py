"""Every word of a page's text has a box, in the order of the words, for any order of lines and any OCR engine."""

from collections.abc import Iterator
from math import cos, sin
from random import Random

import pytest
from PIL import Image

from worker.documents.boxes import unpack_boxes
from worker.documents.ocr import OcrResult, recognize_upright, to_page_text
from worker.documents.reading_order import Corners, OcrLine, in_reading_order

BLANKS = (" ", "  ", "\t", "\u3000", "\u00a0", "\x1c")
CHARACTERS = "abcMWil1,.-\u00e4\u4e2d"


def make_corners(left: float, top: float, width: float, height: float, slant: float = 0) -> Corners:
    """Return the corners of a slanted box."""
    along, down = (width * cos(slant), width * sin(slant)), (-height * sin(slant), height * cos(slant))
    right, other = (left + along[0], top + along[1]), (left + down[0], top + down[1])
    return (left, top), right, (right[0] + down[0], right[1] + down[1]), other


def make_random_text(random: Random) -> str:
    """Return up to six words, with blanks of every kind between and around them."""
    words = ["".join(random.choices(CHARACTERS, k=random.randint(1, 9))) for _ in range(random.randint(0, 6))]
    return "".join(random.choice(BLANKS) * random.randint(0, 1) + word + random.choice(BLANKS) for word in words)


def make_random_lines(seed: int) -> Iterator[OcrLine]:
    """Return the lines of a slanted page; some have boxes of their words, and some of these a wrong number of boxes."""
    random = Random(seed)
    slant = random.uniform(-0.04, 0.04)
    for _ in range(random.randint(0, 25)):
        text = make_random_text(random)
        corners = make_corners(random.uniform(0, 900), random.uniform(0, 1_200), random.uniform(1, 600), 30, slant)
        known = len(text.split()) + random.choice((0, 0, 1))
        words = tuple(make_corners(10 * number, 10, 8, 8) for number in range(known)) if random.random() < 0.3 else None
        yield OcrLine(corners, text, 0.9, words)


@pytest.mark.parametrize("seed", range(60))
def test_every_word_has_a_box(seed: int) -> None:
    lines = list(make_random_lines(seed))
    seen = in_reading_order(lines)
    assert sorted(seen.text.split()) == sorted(word for line in lines for word in line.text.split())
    assert len(seen.word_corners) == len(seen.text.split())
    boxes = to_page_text(1, OcrResult(lines, (1_000, 1_300))).boxes
    assert 4 * len(seen.word_corners) == sum(len(one) for one in unpack_boxes(boxes or ""))


@pytest.mark.parametrize("seed", range(20))
def test_the_boxes_are_in_the_order_of_the_words(seed: int) -> None:
    """Each line has one word and its own position, so that a swapped box fails the test."""
    random = Random(seed)
    positions = {
        f"w{number}": make_corners(random.uniform(0, 900), random.uniform(0, 1_200), 50, 20) for number in range(40)
    }
    seen = in_reading_order([OcrLine(position, word, 0.9) for word, position in positions.items()])
    assert {word: position[0] for word, position in zip(seen.text.split(), seen.word_corners, strict=True)} == {
        word: pytest.approx(position[0]) for word, position in positions.items()
    }


def test_a_line_is_divided_by_the_widths_of_its_letters() -> None:
    one, other = in_reading_order([OcrLine(make_corners(0, 0, 700, 20), "iiii mmmm", 0.9)]).word_corners
    narrow, blank, wide = (count * width for count, width in ((4, 0.5), (1, 0.5), (4, 1.5)))
    assert one[1][0] == pytest.approx(700 * narrow / (narrow + blank + wide))
    assert other[0][0] == pytest.approx(700 * (narrow + blank) / (narrow + blank + wide))
    assert other[1] == pytest.approx((700, 0))


def test_the_word_boxes_of_an_engine_are_used_unchanged() -> None:
    known = (make_corners(3, 1, 20, 18), make_corners(40, 2, 55, 17))
    assert in_reading_order([OcrLine(make_corners(0, 0, 100, 20), "two words", 0.9, known)]).word_corners == known


@pytest.mark.parametrize(
    ("turn", "position"),
    [
        (0, (0.1, 0.2, 0.4, 0.3)),
        (90, (1 - 0.3, 0.1, 1 - 0.2, 0.4)),
        (180, (1 - 0.4, 1 - 0.3, 1 - 0.1, 1 - 0.2)),
        (270, (0.2, 1 - 0.4, 0.3, 1 - 0.1)),
    ],
)
def test_a_box_on_a_turned_page_is_turned_back(turn: int, position: tuple[float, ...]) -> None:
    result = OcrResult([], (1_000, 500), turn)
    assert result.box(make_corners(100, 100, 300, 50)) == pytest.approx(position)


@pytest.mark.parametrize(("turn", "is_high", "is_left"), [(90, True, True), (180, False, False), (270, True, False)])
def test_a_spot_keeps_its_position_when_the_page_is_turned_for_reading(
    turn: int, *, is_high: bool, is_left: bool
) -> None:
    """The picture library turns the page here, so that the test does not depend on our own geometry."""
    image = Image.new("L", (300, 200), 255)
    image.paste(0, (30, 20, 90, 40))

    def find_spot(picture: Image.Image) -> list[OcrLine]:
        left, top, right, bottom = picture.point(lambda gray: 255 - gray).getbbox() or (0, 0, 0, 0)
        is_upright = (picture.height > picture.width, left < picture.width / 2) == (is_high, is_left)
        return [OcrLine(make_corners(left, top, right - left, bottom - top), "spot", 0.9 if is_upright else 0.1)]

    result = recognize_upright(image, find_spot)
    assert result.turn == turn
    [seen] = unpack_boxes(to_page_text(1, result).boxes or "")
    assert seen == pytest.approx((0.1, 0.1, 0.3, 0.2), abs=0.001)


def test_text_from_the_text_layer_gets_no_boxes_from_ocr() -> None:
    kept = to_page_text(
        1, OcrResult([OcrLine(make_corners(0, 0, 90, 20), "Page", 0.9)], (100, 100)), layer_text="Page 3"
    )
    assert (kept.text, kept.boxes) == ("Page 3", None)


def test_rows_do_not_chain_across_columns() -> None:
    """The lines of the right column stand a little lower than those of the left one, and each line is high."""
    left = [OcrLine(make_corners(100, 100 + 22 * n, 300, 30), f"left{n}", 0.9) for n in range(4)]
    right = [OcrLine(make_corners(600, 111 + 22 * n, 300, 30), f"right{n}", 0.9) for n in range(4)]
    rows = in_reading_order([*left, *right]).text.split("\n")
    assert rows == [f"left{n}  right{n}" for n in range(4)]


def test_a_cell_that_touches_its_neighbor_stays_on_its_row() -> None:
    cells = [OcrLine(make_corners(100 + 95 * n, 100 + n, 100, 30), f"cell{n}", 0.9) for n in range(3)]
    assert in_reading_order(cells).text == "cell0 cell1 cell2"


PROSE = [f"the {word} of the seller is due" for word in ("price", "freight", "notice", "duty", "fee", "share", "rent")]


def place_lines(texts: list[str], *, left: float = 100, top: float = 100, slant: float = 0) -> list[OcrLine]:
    """Return lines that stand under each other, each letter ten pixels wide."""
    corners = [
        make_corners(left, top + 40 * at + left * slant, 10 * len(text), 30, slant) for at, text in enumerate(texts)
    ]
    return [OcrLine(place, text, 0.9) for place, text in zip(corners, texts, strict=True)]


def split_words(lines: list[OcrLine]) -> list[OcrLine]:
    """Return the words of the lines as an engine does that finds words."""
    return [
        OcrLine(place, word, 0.9)
        for line in lines
        for word, place in zip(line.text.split(), line.word_corners, strict=True)
    ]


@pytest.mark.parametrize("slant", [0, 0.03])
def test_columns_of_prose_are_read_one_after_the_other(slant: float) -> None:
    """Between lines that cross both, and with a formula among them."""
    left, right = [f"left {line}" for line in PROSE], [f"right {line}" for line in PROSE[:-1]] + ["x = 7"]
    title, end = (
        "A title that is as wide as both of the columns below it are",
        "An end that is as wide as both of the columns are",
    )
    page = [
        *place_lines([title], left=130, top=40, slant=slant),
        *place_lines(left, slant=slant),
        *place_lines(right, left=560, top=105, slant=slant),
        *place_lines([end], left=130, top=420, slant=slant),
    ]
    rows = [title, *left, *right, end]
    assert in_reading_order(page).text.split("\n") == rows
    assert in_reading_order(split_words(page)).text.split("\n") == rows


def test_three_columns_are_read_one_after_the_other() -> None:
    columns = [[f"{name} {line}" for line in PROSE] for name in ("one", "two", "three")]
    page = [line for at, column in enumerate(columns) for line in place_lines(column, left=100 + 420 * at)]
    assert in_reading_order(page).text.split("\n") == [line for column in columns for line in column]


@pytest.mark.parametrize(
    "right",
    [
        ["12.00"] * 7,  # a table
        [f"EUR 1,{at}00.00 of 7 8 9 10" for at in range(7)],
        ["paid in cash"] * 7,  # short values of labels
        [*PROSE[:5]],  # as in an address beside a paragraph
    ],
)
def test_cells_beside_prose_are_read_row_by_row(right: list[str]) -> None:
    page = place_lines(PROSE) + place_lines(right, left=560)
    rows = [f"{one}  {other}" for one, other in zip(PROSE, right, strict=False)]
    assert in_reading_order(page).text.split("\n")[: len(rows)] == rows
