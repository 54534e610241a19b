"""Each OCR engine reads the same page right, upright or not; a missing engine is an error when it is chosen."""

from pathlib import Path
from random import Random

import pytest
from PIL import Image, ImageDraw, ImageFont

from bench import printed_pages
from contract.engines import OcrEngine
from contract.reading import TextSource
from tests.worker import documents
from worker.documents.ocr_engines import EngineMissingError, OcrChoice, choose_engine

from . import pdfs
from .reading import read
from .tessdata import EVERY_CHOICE, needs_tesseract

ROWS = (
    ("INVOICE 2026-417", ""),
    ("Halden Instruments GmbH, Westport", ""),
    ("Calibration of one scale", "435.00"),
    ("Hydraulic hose and gaskets", "82.65"),
    ("Total EUR", "517.65"),
)
EACH_ENGINE = pytest.mark.parametrize("choice", EVERY_CHOICE)


def page() -> Image.Image:
    """Return a picture of these rows in two columns."""
    image = Image.new("L", (1_100, 460), 255)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(32)
    for number, row in enumerate(ROWS):
        for left, text in zip((90, 860), row, strict=True):
            draw.text((left, 70 + 64 * number), text, fill=30, font=font)
    return image


@EACH_ENGINE
def test_a_page_is_read_to_the_letter(tmp_path: Path, choice: OcrChoice) -> None:
    (seen,) = read(tmp_path, documents.encode_picture(page(), "PNG"), choice).pages
    assert seen.text.split() == [word for row in ROWS for text in row for word in text.split()]
    assert seen.source is TextSource.OCR
    assert seen.confidence is not None
    assert seen.confidence > 0.85


@pytest.mark.parametrize(
    ("angle", "choice"),
    [
        pytest.param(angle, *one.values, id=f"{one.id} {angle}", marks=one.marks)
        for angle, one in zip((90, 180, 270), EVERY_CHOICE, strict=True)
    ],
)
def test_a_turned_page_is_turned_back(tmp_path: Path, choice: OcrChoice, angle: int) -> None:
    turned = page().rotate(angle, expand=True)
    (seen,) = read(tmp_path, documents.encode_picture(turned, "PNG"), choice).pages
    assert seen.text.split() == [word for row in ROWS for text in row for word in text.split()]


@EACH_ENGINE
def test_rows_of_a_page_that_is_askew_stay_rows(tmp_path: Path, choice: OcrChoice) -> None:
    askew = page().rotate(1.5, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    (seen,) = read(tmp_path, documents.encode_picture(askew, "PNG"), choice).pages
    assert "Calibration of one scale  435.00\nHydraulic hose and gaskets  82.65\n" in seen.text


def test_a_font_that_does_not_say_what_its_signs_mean_is_looked_at(tmp_path: Path) -> None:
    """Its letters look right, and a copy of its text is rubbish."""
    garbled = next(case for case in pdfs.cases() if case.name == "text in signs of its own")
    (seen,) = read(tmp_path, garbled.content).pages
    assert (seen.text, seen.source) == (pdfs.LINE, TextSource.OCR)


@needs_tesseract
def test_both_together_see_what_one_of_them_overlooks(tmp_path: Path) -> None:
    """In bad light Tesseract loses half of the page, and is sure of the rest."""
    (letter,) = (one for one in printed_pages.make_pages() if one.name == "contract Helvetica")
    photo = printed_pages.faint(_draw(tmp_path, letter), Random(1))
    content = documents.encode_picture(photo, "PNG")
    alone, both = (read(tmp_path, content, choose_engine(one)).text for one in (OcrEngine.TESSERACT, OcrEngine.MIXED))
    assert printed_pages.share_of_words_found(letter.truth, alone) < 0.7
    assert printed_pages.share_of_words_found(letter.truth, both) > 0.97


def _draw(folder: Path, letter: printed_pages.PrintedPage) -> Image.Image:
    from worker.documents import pdf  # noqa: PLC0415 it is for children: nothing else of this test opens a document

    file = folder / "letter.pdf"
    file.write_bytes(printed_pages.make_pdf(letter))
    with pdf.open_pdf(str(file)) as document:
        return document.render(1)


def test_language_data_is_looked_for_where_systems_put_it(tmp_path: Path) -> None:
    (tmp_path / "eng.traineddata").touch()
    nowhere = tmp_path / "nowhere"
    found = choose_engine(OcrEngine.MIXED, folders=(nowhere, tmp_path))
    assert found == OcrChoice(engine=OcrEngine.MIXED, tessdata=str(tmp_path))
    assert choose_engine(OcrEngine.MIXED, tessdata=str(tmp_path), folders=()) == found


def test_what_is_chosen_and_not_installed_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        EngineMissingError, match=r"there is no eng\.traineddata in .*install it .*TESSDATA_PREFIX"
    ) as caught:
        choose_engine(OcrEngine.TESSERACT, tessdata=str(tmp_path))
    assert "\n" not in str(caught.value)


def test_the_default_needs_nothing_installed() -> None:
    assert choose_engine(OcrEngine.RAPIDOCR, folders=()).engine is OcrEngine.RAPIDOCR
