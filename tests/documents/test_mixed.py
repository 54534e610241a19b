"""The mixed engine reads a page with Tesseract, and only its uncertain or missed parts with RapidOCR."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

from worker.documents.mixed import combine, cut_out
from worker.documents.paper import Paper
from worker.documents.rapidocr import RapidOcr
from worker.documents.reading_order import OcrLine, in_reading_order
from worker.documents.tesseract import Baseline, Row, rejoin

BASELINE = Baseline(start=(0, 40), end=(600, 40), above=20, below=6)


def make_row(text: str, score: float = 0.95, *, left: float = 40, y: float = 0, slant: float = 0) -> Row:
    """Return a row of words; each letter is ten pixels wide."""
    baseline = replace(BASELINE, start=(0, 40 + y), end=(600, 40 + y + 600 * slant))
    words = []
    for word in text.split():
        words.append(baseline.word(word, score, left=left, right=left + 10 * len(word)))
        left += 10 * len(word) + 8
    return Row(tuple(words))


def draw_rows(*rows: Row) -> Image.Image:
    """Return a page with a black box for each word."""
    page = Image.new("L", (700, 400), 255)
    for word in list_words(list(rows)):
        ImageDraw.Draw(page).rectangle([*word.corners[0], *word.corners[2]], fill=0)
    return page


@dataclass
class FakeRapidOcr:
    """Records the pages and the sizes of the strips that it reads."""

    pages: list[Image.Image] = field(default_factory=list)
    strip_sizes: list[tuple[int, int]] = field(default_factory=list)

    @property
    def functions(self) -> RapidOcr:
        """What the engine calls."""
        return RapidOcr(self._read_page, self._read_strip)

    def _read_page(self, image: Image.Image) -> list[OcrLine]:
        self.pages.append(image)
        left, top, right, bottom = image.point(lambda gray: 255 * (gray < 128)).getbbox() or (0, 0, 1, 1)
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        return [OcrLine(corners, "black area", 0.99)]

    def _read_strip(self, image: Image.Image) -> tuple[str, float]:
        self.strip_sizes.append(image.size)
        return "read again", 0.99


@pytest.fixture
def rapid_ocr() -> FakeRapidOcr:
    """Return a fake RapidOCR with an empty record."""
    return FakeRapidOcr()


def list_words(rows: list[Row]) -> list[OcrLine]:
    """Return the words of all rows."""
    return [word for one in rows for word in one.words]


CLEAR_ROWS = [make_row(f"row {number}", y=60 * number) for number in range(4)]


def test_a_clearly_read_page_is_read_once(rapid_ocr: FakeRapidOcr) -> None:
    seen = combine(lambda _: CLEAR_ROWS, rapid_ocr.functions)(draw_rows(*CLEAR_ROWS))
    assert in_reading_order(seen).text == "row 0\nrow 1\nrow 2\nrow 3"
    assert (rapid_ocr.pages, rapid_ocr.strip_sizes) == ([], [])


def test_only_an_uncertain_line_is_read_again(rapid_ocr: FakeRapidOcr) -> None:
    rows = [*CLEAR_ROWS[:3], make_row("r0w 3", 0.4, y=180)]
    seen = combine(lambda _: rows, rapid_ocr.functions)(draw_rows(*rows))
    assert in_reading_order(seen).text == "row 0\nrow 1\nrow 2\nread again"
    assert (rapid_ocr.pages, len(rapid_ocr.strip_sizes)) == ([], 1)


def test_only_the_uncertain_cell_of_a_row_is_read_again(rapid_ocr: FakeRapidOcr) -> None:
    """Read together, a label and its amount would lose the blank between them."""
    label, amount = make_row("Total due", y=180), make_row("1O0.00", 0.4, left=500, y=180)
    rows = [*CLEAR_ROWS[:3], Row((*label.words, *amount.words))]
    seen = combine(lambda _: rows, rapid_ocr.functions)(draw_rows(*rows))
    assert in_reading_order(seen).text.endswith("Total due  read again")
    assert rapid_ocr.strip_sizes[0][0] < 100


def test_a_slanted_page_is_read_once(rapid_ocr: FakeRapidOcr) -> None:
    """Tesseract reads slanted pages; to turn the page or to read it again would cost more than it gains."""
    slanted = [make_row(f"row {number}", y=60 * number, slant=0.035) for number in range(4)]
    assert (
        in_reading_order(combine(lambda _: slanted, rapid_ocr.functions)(draw_rows(*slanted))).text
        == "row 0\nrow 1\nrow 2\nrow 3"
    )
    assert (rapid_ocr.pages, rapid_ocr.strip_sizes) == ([], [])


@pytest.mark.parametrize(
    "rows",
    [[], [make_row(f"row {number}", 0.5, y=60 * number) for number in range(4)]],
    ids=["nothing", "uncertain rows"],
)
def test_a_mostly_uncertain_page_is_read_again_as_a_whole(rapid_ocr: FakeRapidOcr, rows: list[Row]) -> None:
    page = draw_rows(*CLEAR_ROWS)
    assert in_reading_order(combine(lambda _: rows, rapid_ocr.functions)(page)).text == "black area"
    assert rapid_ocr.pages == [page]


def test_only_a_missed_row_is_read_by_the_second_engine(rapid_ocr: FakeRapidOcr) -> None:
    """Rows that are already read are covered with paper color, and the rest keeps its position."""
    lines = combine(lambda _: CLEAR_ROWS[:3], rapid_ocr.functions)(draw_rows(*CLEAR_ROWS))
    assert in_reading_order(lines).text == "row 0\nrow 1\nrow 2\nblack area"
    (rest,) = rapid_ocr.pages
    assert rest.height < 200
    assert lines[-1].corners[0] == pytest.approx(CLEAR_ROWS[3].words[0].corners[0], abs=1)


def test_uncertain_and_missed_rows_are_read_again_in_one_picture(rapid_ocr: FakeRapidOcr) -> None:
    combine(lambda _: [*CLEAR_ROWS[:2], make_row("r0w 2", 0.4, y=120)], rapid_ocr.functions)(draw_rows(*CLEAR_ROWS))
    (rest,) = rapid_ocr.pages
    black = np.flatnonzero((np.asarray(rest) == 0).any(axis=1))
    assert black[-1] - black[0] > 60  # both rows
    assert rapid_ocr.strip_sizes == []


def test_uneven_light_is_corrected_before_a_page_is_read(rapid_ocr: FakeRapidOcr) -> None:
    """Tesseract separates ink from paper with one threshold, which would turn half of this page black."""
    page = draw_rows(*CLEAR_ROWS)
    light = Image.linear_gradient("L").rotate(90).resize(page.size).point(lambda gray: 110 + gray // 2)
    seen: list[Image.Image] = []

    def read_rows(image: Image.Image) -> list[Row]:
        seen.append(image)
        return CLEAR_ROWS

    combine(read_rows, rapid_ocr.functions)(ImageChops.multiply(page, light))
    gray = np.asarray(seen[0])
    assert gray[340:].min() > 230
    assert gray[40, 50] < 20


def test_a_page_in_even_light_is_unchanged() -> None:
    page = draw_rows(*CLEAR_ROWS)
    assert Paper.of(page).even_light() is page


def test_missed_ink_is_measured_on_a_dark_page() -> None:
    paper = Paper.of(draw_rows(*CLEAR_ROWS).point(lambda gray: 90 + gray // 4))
    assert paper.measure_missed_ink(list_words(CLEAR_ROWS)) == 0
    assert paper.measure_missed_ink(list_words(CLEAR_ROWS[:2])) == pytest.approx(0.5, abs=0.1)
    assert Paper.of(Image.new("L", (700, 400), 200)).measure_missed_ink([]) == 0


def test_a_slanted_line_is_cut_out_straight() -> None:
    """The strip has a margin for letters that reach below the line."""
    slanted = make_row("leaning words", slant=0.05)
    cut = cut_out(draw_rows(slanted), slanted.line)
    assert cut.width == pytest.approx(slanted.line.width + 0.5 * slanted.line.height, abs=2)
    assert cut.height == pytest.approx(1.5 * slanted.line.height, abs=2)
    middle = [cut.getpixel((x, cut.height // 2)) for x in (12, cut.width - 14)]
    assert middle == [0, 0]


@pytest.mark.parametrize(
    ("left", "right", "whole"),
    [
        (make_row("Total 28,788."), make_row("12", left=174), ["Total 28,788. 12"]),
        (make_row("Total"), make_row("28,788.12", left=300), ["Total", "28,788.12"]),
        (make_row("above"), make_row("below", left=93, y=30), ["above", "below"]),
    ],
    ids=["an amount in two pieces", "two columns", "two rows"],
)
def test_pieces_of_one_cell_are_joined_and_uncertain(left: Row, right: Row, whole: list[str]) -> None:
    rows = rejoin([right, left])
    assert [one.line.text for one in rows] == whole
    assert [one.line.score == 0 for one in rows] == [len(whole) == 1] * len(whole)


def test_words_follow_a_slanted_baseline() -> None:
    first, last = make_row("one two", slant=0.1).words
    assert last.corners[0][1] - first.corners[0][1] == pytest.approx(0.1 * (last.corners[0][0] - first.corners[0][0]))
    assert first.corners[3][1] - first.corners[0][1] == 26


def test_ruled_lines_do_not_count_as_missed_ink() -> None:
    page = draw_rows(*CLEAR_ROWS)
    for y in (10, 60, 120):
        ImageDraw.Draw(page).line((20, y, 680, y), fill=0, width=3)
    ImageDraw.Draw(page).line((20, 10, 20, 380), fill=0, width=3)
    assert Paper.of(page).measure_missed_ink(list_words(CLEAR_ROWS)) < 0.005
    assert Paper.of(page).measure_missed_ink(list_words(CLEAR_ROWS[:3])) > 0.1
