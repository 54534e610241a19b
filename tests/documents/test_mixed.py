"""Two recognitions together: the second is asked where the first may not be enough, and nowhere else."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

from worker.documents.mixed import combine, cut_out
from worker.documents.paper import Paper
from worker.documents.rapidocr import RapidOcr
from worker.documents.reading_order import OcrLine, text_of
from worker.documents.tesseract import Baseline, Row, rejoin

BASELINE = Baseline(start=(0, 40), end=(600, 40), above=20, below=6)


def row(text: str, score: float = 0.95, *, left: float = 40, y: float = 0, lean: float = 0) -> Row:
    """Return words of ten points a letter on a line of their own."""
    baseline = replace(BASELINE, start=(0, 40 + y), end=(600, 40 + y + 600 * lean))
    words = []
    for word in text.split():
        words.append(baseline.word(word, score, left=left, right=left + 10 * len(word)))
        left += 10 * len(word) + 8
    return Row(tuple(words))


def draw(*rows: Row) -> Image.Image:
    """Return a page with a black box for each word."""
    page = Image.new("L", (700, 400), 255)
    for word in words(list(rows)):
        ImageDraw.Draw(page).rectangle([*word.corners[0], *word.corners[2]], fill=0)
    return page


@dataclass
class Careful:
    """Reads slowly, and remembers what it was shown."""

    looks: list[Image.Image] = field(default_factory=list)
    strips: list[tuple[int, int]] = field(default_factory=list)

    def __call__(self) -> RapidOcr:
        return RapidOcr(self._look, self._read)

    def _look(self, image: Image.Image) -> list[OcrLine]:
        self.looks.append(image)
        left, top, right, bottom = image.point(lambda gray: 255 * (gray < 128)).getbbox() or (0, 0, 1, 1)
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        return [OcrLine(corners, "what is black", 0.99)]

    def _read(self, image: Image.Image) -> tuple[str, float]:
        self.strips.append(image.size)
        return "read again", 0.99


@pytest.fixture
def careful() -> Careful:
    """One for each test."""
    return Careful()


def words(rows: list[Row]) -> list[OcrLine]:
    """Return all of theirs."""
    return [word for one in rows for word in one.words]


GOOD = [row(f"row {number}", y=60 * number) for number in range(4)]


def test_a_page_that_is_read_well_is_read_once(careful: Careful) -> None:
    seen = combine(lambda _: GOOD, careful)(draw(*GOOD))
    assert text_of(seen) == "row 0\nrow 1\nrow 2\nrow 3"
    assert (careful.looks, careful.strips) == ([], [])


def test_a_line_in_doubt_is_read_again_and_no_other(careful: Careful) -> None:
    rows = [*GOOD[:3], row("r0w 3", 0.4, y=180)]
    seen = combine(lambda _: rows, careful)(draw(*rows))
    assert text_of(seen) == "row 0\nrow 1\nrow 2\nread again"
    assert (careful.looks, len(careful.strips)) == ([], 1)


def test_of_a_row_with_two_cells_only_the_one_in_doubt_is_read_again(careful: Careful) -> None:
    """Read as one, they would lose the blank between a label and its amount."""
    label, amount = row("Total due", y=180), row("1O0.00", 0.4, left=500, y=180)
    rows = [*GOOD[:3], Row((*label.words, *amount.words))]
    seen = combine(lambda _: rows, careful)(draw(*rows))
    assert text_of(seen).endswith("Total due  read again")
    assert careful.strips[0][0] < 100


def test_a_page_that_leans_is_read_once(careful: Careful) -> None:
    """Tesseract reads it, too; turning it or reading it twice would cost more than it gains."""
    leaning = [row(f"row {number}", y=60 * number, lean=0.035) for number in range(4)]
    assert text_of(combine(lambda _: leaning, careful)(draw(*leaning))) == "row 0\nrow 1\nrow 2\nrow 3"
    assert (careful.looks, careful.strips) == ([], [])


@pytest.mark.parametrize(
    "seen", [[], [row(f"row {number}", 0.5, y=60 * number) for number in range(4)]], ids=["nothing", "doubtful rows"]
)
def test_where_little_can_be_relied_on_the_whole_page_is_looked_at(careful: Careful, seen: list[Row]) -> None:
    page = draw(*GOOD)
    assert text_of(combine(lambda _: seen, careful)(page)) == "what is black"
    assert careful.looks == [page]


def test_what_was_overlooked_is_looked_at_and_nothing_beside_it(careful: Careful) -> None:
    """What is read already is covered with paper, so that it costs nothing twice, and the rest keeps its place."""
    lines = combine(lambda _: GOOD[:3], careful)(draw(*GOOD))
    assert text_of(lines) == "row 0\nrow 1\nrow 2\nwhat is black"
    (rest,) = careful.looks
    assert rest.height < 200
    assert lines[-1].corners[0] == pytest.approx(GOOD[3].words[0].corners[0], abs=1)


def test_what_is_in_doubt_is_looked_at_together_with_what_was_overlooked(careful: Careful) -> None:
    combine(lambda _: [*GOOD[:2], row("r0w 2", 0.4, y=120)], careful)(draw(*GOOD))
    (rest,) = careful.looks
    black = np.flatnonzero((np.asarray(rest) == 0).any(axis=1))
    assert black[-1] - black[0] > 60  # both rows
    assert careful.strips == []


def test_a_page_in_bad_light_is_read_as_under_even_light(careful: Careful) -> None:
    """One threshold for all of it, which is how Tesseract tells ink from paper, would find half of it black."""
    page = draw(*GOOD)
    light = Image.linear_gradient("L").rotate(90).resize(page.size).point(lambda gray: 110 + gray // 2)
    seen: list[Image.Image] = []

    def look(image: Image.Image) -> list[Row]:
        seen.append(image)
        return GOOD

    combine(look, careful)(ImageChops.multiply(page, light))
    gray = np.asarray(seen[0])
    assert gray[340:].min() > 230
    assert gray[40, 50] < 20


def test_a_page_in_good_light_is_left_as_it_is() -> None:
    page = draw(*GOOD)
    assert Paper.under(page).even_light() is page


def test_ink_is_seen_also_where_the_page_is_dark() -> None:
    paper = Paper.under(draw(*GOOD).point(lambda gray: 90 + gray // 4))
    assert paper.measure_missed_ink(words(GOOD)) == 0
    assert paper.measure_missed_ink(words(GOOD[:2])) == pytest.approx(0.5, abs=0.1)
    assert Paper.under(Image.new("L", (700, 400), 200)).measure_missed_ink([]) == 0


def test_a_line_is_cut_out_straight() -> None:
    """With paper around it, for the letters that reach below."""
    leaning = row("leaning words", lean=0.05)
    cut = cut_out(draw(leaning), leaning.line)
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
    rows = rejoin([right, left])
    assert [one.line.text for one in rows] == whole
    assert [one.line.score == 0 for one in rows] == [len(whole) == 1] * len(whole)


def test_words_stand_on_a_line_that_leans() -> None:
    first, last = row("one two", lean=0.1).words
    assert last.corners[0][1] - first.corners[0][1] == pytest.approx(0.1 * (last.corners[0][0] - first.corners[0][0]))
    assert first.corners[3][1] - first.corners[0][1] == 26


def test_rules_across_the_page_are_nothing_that_was_overlooked() -> None:
    page = draw(*GOOD)
    for y in (10, 60, 120):
        ImageDraw.Draw(page).line((20, y, 680, y), fill=0, width=3)
    ImageDraw.Draw(page).line((20, 10, 20, 380), fill=0, width=3)
    assert Paper.under(page).measure_missed_ink(words(GOOD)) < 0.005
    assert Paper.under(page).measure_missed_ink(words(GOOD[:3])) > 0.1
