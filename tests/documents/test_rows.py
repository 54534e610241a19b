"""Every word of a page's text has its box, in the same order, for any order of lines and any engine."""

from collections.abc import Iterator
from math import cos, sin
from random import Random

import pytest
from PIL import Image

from worker.documents.boxes import unpack_boxes
from worker.documents.ocr import OcrResult, recognize_upright, to_page_text
from worker.documents.reading_order import Corners, OcrLine, in_reading_order, text_of

BLANKS = (" ", "  ", "\t", "\u3000", "\u00a0", "\x1c")
SIGNS = "abcMWil1,.-\u00e4\u4e2d"


def box(left: float, top: float, width: float, height: float, lean: float = 0) -> Corners:
    """Return the corners of a box that leans."""
    along, down = (width * cos(lean), width * sin(lean)), (-height * sin(lean), height * cos(lean))
    right, other = (left + along[0], top + along[1]), (left + down[0], top + down[1])
    return (left, top), right, (right[0] + down[0], right[1] + down[1]), other


def random_text(random: Random) -> str:
    """Return words, or nothing, with blanks of every kind between and around them."""
    words = ["".join(random.choices(SIGNS, k=random.randint(1, 9))) for _ in range(random.randint(0, 6))]
    return "".join(random.choice(BLANKS) * random.randint(0, 1) + word + random.choice(BLANKS) for word in words)


def random_page(seed: int) -> Iterator[OcrLine]:
    """Give lines of a page that leans; of some the engine knows the words, and of some it is wrong about them."""
    random = Random(seed)
    lean = random.uniform(-0.04, 0.04)
    for _ in range(random.randint(0, 25)):
        text = random_text(random)
        corners = box(random.uniform(0, 900), random.uniform(0, 1_200), random.uniform(1, 600), 30, lean)
        known = len(text.split()) + random.choice((0, 0, 1))
        words = tuple(box(10 * number, 10, 8, 8) for number in range(known)) if random.random() < 0.3 else None
        yield OcrLine(corners, text, 0.9, words)


@pytest.mark.parametrize("seed", range(60))
def test_there_are_as_many_places_as_words(seed: int) -> None:
    lines = list(random_page(seed))
    seen = in_reading_order(lines)
    assert seen.text == text_of(lines)
    assert len(seen.word_corners) == len(seen.text.split())
    boxes = to_page_text(1, OcrResult(lines, (1_000, 1_300))).boxes
    assert 4 * len(seen.word_corners) == sum(len(one) for one in unpack_boxes(boxes or ""))


@pytest.mark.parametrize("seed", range(20))
def test_each_place_is_that_of_its_word(seed: int) -> None:
    """Each line has one word, and a place that no other has: what stands there is what the text says."""
    random = Random(seed)
    there = {f"w{number}": box(random.uniform(0, 900), random.uniform(0, 1_200), 50, 20) for number in range(40)}
    seen = in_reading_order([OcrLine(place, word, 0.9) for word, place in there.items()])
    assert {word: place[0] for word, place in zip(seen.text.split(), seen.word_corners, strict=True)} == {
        word: pytest.approx(place[0]) for word, place in there.items()
    }


def test_a_line_is_divided_by_how_wide_its_letters_are() -> None:
    one, other = in_reading_order([OcrLine(box(0, 0, 700, 20), "iiii mmmm", 0.9)]).word_corners
    narrow, blank, wide = (count * width for count, width in ((4, 0.5), (1, 0.5), (4, 1.5)))
    assert one[1][0] == pytest.approx(700 * narrow / (narrow + blank + wide))
    assert other[0][0] == pytest.approx(700 * (narrow + blank) / (narrow + blank + wide))
    assert other[1] == pytest.approx((700, 0))


def test_an_engine_that_knows_its_words_is_believed() -> None:
    known = (box(3, 1, 20, 18), box(40, 2, 55, 17))
    assert in_reading_order([OcrLine(box(0, 0, 100, 20), "two words", 0.9, known)]).word_corners == known


@pytest.mark.parametrize(
    ("turn", "place"),
    [
        (0, (0.1, 0.2, 0.4, 0.3)),
        (90, (1 - 0.3, 0.1, 1 - 0.2, 0.4)),
        (180, (1 - 0.4, 1 - 0.3, 1 - 0.1, 1 - 0.2)),
        (270, (0.2, 1 - 0.4, 0.3, 1 - 0.1)),
    ],
)
def test_what_was_seen_on_a_turned_page_is_where_it_was_before(turn: int, place: tuple[float, ...]) -> None:
    sight = OcrResult([], (1_000, 500), turn)
    assert sight.box(box(100, 100, 300, 50)) == pytest.approx(place)


@pytest.mark.parametrize(("turn", "is_high", "is_left"), [(90, True, True), (180, False, False), (270, True, False)])
def test_a_dark_spot_is_found_where_it_is_whichever_way_the_page_was_turned(
    turn: int, *, is_high: bool, is_left: bool
) -> None:
    """Against the library that turns the picture, and not against our own idea of it."""
    image = Image.new("L", (300, 200), 255)
    image.paste(0, (30, 20, 90, 40))

    def look(picture: Image.Image) -> list[OcrLine]:
        left, top, right, bottom = picture.point(lambda gray: 255 - gray).getbbox() or (0, 0, 0, 0)
        surer = (picture.height > picture.width, left < picture.width / 2) == (is_high, is_left)
        return [OcrLine(box(left, top, right - left, bottom - top), "spot", 0.9 if surer else 0.1)]

    sight = recognize_upright(image, look)
    assert sight.turn == turn
    [seen] = unpack_boxes(to_page_text(1, sight).boxes or "")
    assert seen == pytest.approx((0.1, 0.1, 0.3, 0.2), abs=0.001)


def test_text_that_a_page_carries_itself_is_not_given_the_places_of_another_reading() -> None:
    kept = to_page_text(1, OcrResult([OcrLine(box(0, 0, 90, 20), "Page", 0.9)], (100, 100)), layer_text="Page 3")
    assert (kept.text, kept.boxes) == ("Page 3", None)
