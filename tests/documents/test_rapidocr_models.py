"""The model that reads lines is made of the package's: the same letters for Latin texts, in less time."""

import hashlib
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from contract.engines import Alphabet
from worker.documents.line_reader import DOUBTFUL, LineModel, LineReader
from worker.documents.rapidocr_models import check_model, make_latin, open_reader, read_package_model

LINES = (
    "Halden Instruments GmbH, 12 Mill Lane",
    "Total EUR 1,204.50 (VAT 19%) - due 2026-04-30",
    "the services agreement shall be delivered in writing",
)

SHA256 = "79eb3fcc72263dc0705e1426de15cd9b11c1d8106ea399f064fca730339608c0"


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


def test_the_same_package_gives_the_same_model_on_every_machine() -> None:
    """Calculations that depend on the processor would show here."""
    made = make_latin(read_package_model(), in_integers=True)
    assert hashlib.sha256(made).hexdigest() == SHA256


def test_a_package_with_another_model_is_refused() -> None:
    with pytest.raises(ValueError, match="has changed"):
        check_model(read_package_model()[:-1])
