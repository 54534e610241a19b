"""Two recognitions together: the second is asked where the first may not be enough, and nowhere else."""

from dataclasses import dataclass, field, replace

import pytest
from PIL import Image, ImageDraw

from worker.documents.mixed import mixed, overlooked, strip
from worker.documents.reading import Line, text_of
from worker.documents.recognizer import RapidOcr
from worker.documents.tesseract import Row, Rule, healed

RULE = Rule(start=(0, 40), end=(600, 40), above=20, below=6)


def row(text: str, score: float = 0.95, *, left: float = 40, y: float = 0, lean: float = 0) -> Row:
    """Return words of ten points a letter on a line of their own."""
    rule = replace(RULE, start=(0, 40 + y), end=(600, 40 + y + 600 * lean))
    words = []
    for word in text.split():
        words.append(rule.word(word, score, left=left, right=left + 10 * len(word)))
        left += 10 * len(word) + 8
    return Row(tuple(words))


def drawn(*rows: Row) -> Image.Image:
    """Return a page with a black box for each word."""
    page = Image.new("L", (700, 400), 255)
    for word in (word for one in rows for word in one.words):
        ImageDraw.Draw(page).rectangle([*word.corners[0], *word.corners[2]], fill=0)
    return page


@dataclass
class Careful:
    """Reads slowly, and remembers what it was asked."""

    looks: int = 0
    strips: list[tuple[int, int]] = field(default_factory=list)

    def __call__(self) -> RapidOcr:
        return RapidOcr(self._look, self._read)

    def _look(self, _image: Image.Image) -> list[Line]:
        self.looks += 1
        return list(row("all of it").words)

    def _read(self, image: Image.Image) -> tuple[str, float]:
        self.strips.append(image.size)
        return "read again", 0.99


@pytest.fixture
def careful() -> Careful:
    """One for each test."""
    return Careful()


GOOD = [row(f"row {number}", y=60 * number) for number in range(4)]


def test_a_page_that_is_read_well_is_read_once(careful: Careful) -> None:
    seen = mixed(lambda _: GOOD, careful)(drawn(*GOOD))
    assert text_of(seen) == "row 0\nrow 1\nrow 2\nrow 3"
    assert (careful.looks, careful.strips) == (0, [])


def test_a_line_in_doubt_is_read_again_and_no_other(careful: Careful) -> None:
    rows = [*GOOD[:3], row("r0w 3", 0.4, y=180)]
    seen = mixed(lambda _: rows, careful)(drawn(*rows))
    assert text_of(seen) == "row 0\nrow 1\nrow 2\nread again"
    assert (careful.looks, len(careful.strips)) == (0, 1)


@pytest.mark.parametrize(
    ("seen", "there"),
    [
        (GOOD[:3], GOOD),
        ([], GOOD),
        ([row(f"row {number}", 0.5, y=60 * number) for number in range(4)], GOOD),
        ([row(f"row {number}", y=60 * number, lean=0.02) for number in range(4)], []),
    ],
    ids=["a row was overlooked", "nothing was seen", "too much is in doubt", "the page leans"],
)
def test_all_is_read_again_where_more_than_a_line_is_in_doubt(
    careful: Careful, seen: list[Row], there: list[Row]
) -> None:
    assert text_of(mixed(lambda _: seen, careful)(drawn(*there))) == "all of it"
    assert careful.looks == 1


def test_ink_is_seen_also_where_the_page_is_dark() -> None:
    page = drawn(*GOOD).point(lambda gray: 90 + gray // 4)
    assert overlooked(page, GOOD) == 0
    assert overlooked(page, GOOD[:2]) == pytest.approx(0.5, abs=0.1)
    assert overlooked(Image.new("L", (700, 400), 200), []) == 0


def test_a_line_is_cut_out_straight() -> None:
    """With paper around it, for the letters that reach below."""
    leaning = row("leaning words", lean=0.05)
    cut = strip(drawn(leaning), leaning.line)
    assert cut.width == pytest.approx(leaning.line.width + 0.5 * leaning.line.height, abs=2)
    assert cut.height == pytest.approx(1.5 * leaning.line.height, abs=2)
    middle = [cut.getpixel((x, cut.height // 2)) for x in (12, cut.width - 14)]
    assert middle == [0, 0]


@pytest.mark.parametrize(
    ("left", "right", "whole"),
    [
        (row("Total 28,788."), row("12", left=174), ["Total 28,788. 12"]),
        (row("Total"), row("28,788.12", left=300), ["Total", "28,788.12"]),
        (row("above"), row("below", left=93, y=30), ["above", "below"]),
    ],
    ids=["an amount in two pieces", "two columns", "two rows"],
)
def test_what_was_seen_in_pieces_is_one_again_and_in_doubt(left: Row, right: Row, whole: list[str]) -> None:
    rows = healed([right, left])
    assert [one.line.text for one in rows] == whole
    assert [one.line.score == 0 for one in rows] == [len(whole) == 1] * len(whole)


def test_words_stand_on_a_line_that_leans() -> None:
    first, last = row("one two", lean=0.1).words
    assert last.corners[0][1] - first.corners[0][1] == pytest.approx(0.1 * (last.corners[0][0] - first.corners[0][0]))
    assert first.corners[3][1] - first.corners[0][1] == 26
