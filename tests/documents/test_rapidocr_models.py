"""The models that find and read lines are made of the package's: the same lines and letters, in less time."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from contract.engines import Alphabet
from worker.documents import onnx_file
from worker.documents.line_finder import LineFinder, cut_line, prepare_page
from worker.documents.line_reader import DOUBTFUL, LineModel, LineReader
from worker.documents.onnx_session import open_session
from worker.documents.rapidocr_models import (
    FINDER,
    READER,
    PackageFile,
    make_finder,
    make_latin,
    open_finder,
    open_reader,
    simplify_finder,
)

LINES = (
    "Halden Instruments GmbH, 12 Mill Lane",
    "Total EUR 1,204.50 (VAT 19%) - due 2026-04-30",
    "the services agreement shall be delivered in writing",
)

LATIN_SHA256 = "a362fee5d7b1e35d005f16e45e8c2440fab1f7f5d51bff35e49bc880e8c17373"
FINDER_SHA256 = "247dd92f2978b74f8cb407e953d0fcc7b408e1815c59f52026797a13e917cf24"


def draw_line(text: str, *, ink: int = 20, paper: int = 250) -> np.ndarray:
    """Return the picture of a line."""
    font = ImageFont.load_default(26)
    image = Image.new("L", (int(font.getlength(text)) + 24, 40), paper)
    ImageDraw.Draw(image).text((12, 4), text, fill=ink, font=font)
    return np.asarray(image)


@pytest.fixture(scope="module")
def latin() -> LineReader:
    """Return the reader for Latin letters."""
    return open_reader(Alphabet.LATIN)


@dataclass(frozen=True)
class FakeSession:
    """A session whose model sees the same in every line."""

    chances: np.ndarray
    widths: list[int] = field(default_factory=list)  # of the lines that it got

    def get_inputs(self) -> list[SimpleNamespace]:
        """Return the one input."""
        return [SimpleNamespace(name="x")]

    def run(self, outputs: None, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Return the probabilities of the characters, for each place of the line."""
        del outputs
        self.widths.append(inputs["x"].shape[-1])
        return [self.chances[np.newaxis]]


def make_model(*places: tuple[str, float]) -> LineModel:
    """Return a model that knows a and b, and sees these characters with these probabilities; "" is none."""
    characters = ("", "a", "b", " ")
    chances = np.zeros((len(places), len(characters)))
    for row, (character, chance) in zip(chances, places, strict=True):
        row[characters.index(character)] = chance
    return LineModel(FakeSession(chances), characters, narrowing=1)


EMPTY = np.full((40, 300), 250, np.uint8)


def test_a_line_with_a_doubtful_letter_is_read_by_the_next_model() -> None:
    doubtful = make_model(("a", 0.99), ("", 0.9), ("a", DOUBTFUL - 0.01))
    exact = make_model(("a", 0.5), ("b", 0.7))
    assert LineReader([doubtful, exact]).read(EMPTY) == pytest.approx(("ab", 0.6))
    assert LineReader([doubtful]).read(EMPTY)[0] == "aa"


def test_a_letter_that_is_clear_once_is_not_doubtful() -> None:
    sure = make_model(("a", 0.5), ("a", DOUBTFUL), ("", 0.4), ("b", 0.9))
    assert LineReader([sure, make_model(("b", 1))]).read(EMPTY) == pytest.approx(("ab", 0.7))


@pytest.mark.parametrize("text", LINES)
def test_a_line_is_read_letter_by_letter(latin: LineReader, text: str) -> None:
    found, score = latin.read(draw_line(text))
    assert found.replace(" ", "") == text.replace(" ", "")
    assert score > 0.9


def test_pale_ink_is_read_as_black_ink_is(latin: LineReader) -> None:
    assert latin.read(draw_line(LINES[0], ink=150, paper=190))[0] == latin.read(draw_line(LINES[0]))[0]


def test_an_empty_line_has_no_text(latin: LineReader) -> None:
    assert latin.read(EMPTY) == ("", 0.0)


def test_a_narrow_picture_is_read(latin: LineReader) -> None:
    assert latin.read(draw_line("7"))[0] == "7"


def test_a_short_line_is_padded_to_the_width_of_those_that_the_model_was_trained_with() -> None:
    session = FakeSession(np.ones((1, 2)))
    for width in (30, 3_000):
        LineModel(session, ("", " "), narrowing=0.5).read(np.full((48, width), 250, np.uint8))
    assert session.widths == [320, 1_500]


def test_latin_letters_are_kept_and_chinese_ones_dropped(latin: LineReader) -> None:
    everything = open_reader(Alphabet.ALL)
    assert set("aZ09äßéłőñ€£$%&@#αΩ") <= set(latin.models[0].characters) <= set(everything.models[0].characters)
    assert "\u4e2d" in everything.models[0].characters
    assert "\u4e2d" not in latin.models[0].characters
    assert len(everything.models[0].characters) == 18_710


def test_the_whole_alphabet_reads_latin_text_too() -> None:
    assert open_reader(Alphabet.ALL).read(draw_line(LINES[0]))[0].replace(" ", "") == LINES[0].replace(" ", "")


PAGE_LINES = LINES * 2


def draw_page(*, skew: float = 0) -> np.ndarray:
    """Return the picture of a page with the lines."""
    page = Image.new("L", (900, 600), 250)
    for number, text in enumerate(PAGE_LINES):
        page.paste(Image.fromarray(draw_line(text)), (60, 60 + 80 * number))
    return np.asarray(page.rotate(skew, Image.Resampling.BICUBIC, fillcolor=250))


@pytest.fixture(scope="module")
def finder() -> LineFinder:
    """Return what finds lines."""
    return open_finder()


@pytest.mark.parametrize("skew", [0, 2])
def test_each_line_of_a_page_is_found_and_read(finder: LineFinder, latin: LineReader, skew: float) -> None:
    page = draw_page(skew=skew)
    texts = [latin.read(cut_line(page, box))[0].replace(" ", "") for box in finder.find(page)]
    assert texts == [text.replace(" ", "") for text in PAGE_LINES]


def test_lines_are_found_where_the_model_of_the_package_finds_them(finder: LineFinder) -> None:
    page = draw_page()
    colors = np.repeat(prepare_page(page), 3, axis=1)
    (chances,) = open_session(onnx_file.to_bytes(FINDER.read())).run(None, {"x": colors})
    exact, _ = finder.make_boxes(chances, page.shape)
    found = finder.find(page)
    assert len(found) == len(exact) == len(PAGE_LINES)
    assert sorted(box[:, 1].mean() for box in found) == pytest.approx(sorted(exact[:, :, 1].mean(axis=1)), abs=4)
    assert np.mean(found, axis=0) == pytest.approx(np.mean(exact, axis=0), abs=4)


def test_the_model_in_gray_returns_what_the_one_in_colors_does() -> None:
    page = prepare_page(draw_page())
    model = FINDER.read()
    simplify_finder(model)
    (gray,) = open_session(onnx_file.to_bytes(model)).run(None, {"x": page})
    (exact,) = open_session(onnx_file.to_bytes(FINDER.read())).run(None, {"x": np.repeat(page, 3, axis=1)})
    assert gray.shape == exact.shape
    assert np.abs(gray - exact).max() < 0.01


def test_a_blank_page_has_no_lines(finder: LineFinder) -> None:
    assert finder.find(np.full((800, 800), 255, np.uint8)) == []


def test_few_operators_that_find_lines_calculate_with_floats() -> None:
    """Each one that is left works on a few numbers, or on the result."""
    model = onnx_file.read(make_finder())
    kinds = Counter(node.op_type for node in model.graph.node)
    assert not kinds.keys() & {"Erf", "Div", "Concat", "ReduceMean", "GlobalAveragePool", "ConvTranspose"}
    assert kinds["QLinearConv"] == 59
    assert kinds["Sigmoid"] == 1


@pytest.mark.parametrize(("make", "expected"), [(make_latin, LATIN_SHA256), (make_finder, FINDER_SHA256)])
def test_the_same_package_gives_the_same_model_on_every_machine(make: Callable[[], bytes], expected: str) -> None:
    """Calculations that depend on the processor would show here."""
    assert hashlib.sha256(make()).hexdigest() == expected


@pytest.mark.parametrize("file", [FINDER, READER])
def test_a_package_with_another_model_is_refused(file: PackageFile) -> None:
    with pytest.raises(ValueError, match="has changed"):
        replace(file, sha256="0" * 64).read_measured()
