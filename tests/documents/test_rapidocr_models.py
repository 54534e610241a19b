"""The model that reads lines is made of the package's: the same letters for Latin texts, in less time."""

import hashlib

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from contract.engines import Alphabet
from worker.documents.line_reader import LineReader
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


@pytest.mark.parametrize("text", LINES)
def test_a_line_is_read_letter_by_letter(latin: LineReader, text: str) -> None:
    found, score = latin.read(draw_line(text))
    assert found.replace(" ", "") == text.replace(" ", "")
    assert score > 0.9


def test_pale_ink_is_read_as_black_ink_is(latin: LineReader) -> None:
    assert latin.read(draw_line(LINES[0], ink=150, paper=190))[0] == latin.read(draw_line(LINES[0]))[0]


def test_an_empty_line_has_no_text(latin: LineReader) -> None:
    assert latin.read(np.full((40, 300), 250, np.uint8)) == ("", 0.0)


def test_a_narrow_picture_is_padded(latin: LineReader) -> None:
    assert latin.read(draw_line("7"))[0] in {"7", ""}


def test_latin_letters_are_kept_and_chinese_ones_dropped(latin: LineReader) -> None:
    everything = open_reader(Alphabet.ALL)
    assert set("aZ09äßéłőñ€£$%&@#αΩ") <= set(latin.cheap.characters) <= set(everything.cheap.characters)
    assert "\u4e2d" in everything.cheap.characters
    assert "\u4e2d" not in latin.cheap.characters
    assert len(everything.cheap.characters) == 18_710


def test_the_whole_alphabet_reads_latin_text_too() -> None:
    assert open_reader(Alphabet.ALL).read(draw_line(LINES[0]))[0].replace(" ", "") == LINES[0].replace(" ", "")


def test_the_same_package_gives_the_same_model_on_every_machine() -> None:
    """Calculations that depend on the processor would show here."""
    made = make_latin(read_package_model(), in_integers=True)
    assert hashlib.sha256(made).hexdigest() == SHA256


def test_a_package_with_another_model_is_refused() -> None:
    with pytest.raises(ValueError, match="has changed"):
        check_model(read_package_model()[:-1])
