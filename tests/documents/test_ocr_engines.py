"""Each OCR engine reads the same page correctly, upright or turned; to choose a missing engine is an error."""

import asyncio
from pathlib import Path
from random import Random

import pytest
from PIL import Image, ImageDraw, ImageFont

from bench import printed_pages
from contract.engines import OcrEngine
from contract.reading import MediaType, TextSource
from durable import Limits
from tests.worker import documents
from worker.documents.document_reader import run_document_child
from worker.documents.ocr import OcrRequest
from worker.documents.ocr_engines import EngineMissingError, OcrChoice, choose_engine

from . import pdfs
from .child_work import count_threads
from .outcomes import read
from .tessdata import EVERY_CHOICE, needs_tesseract

ROWS = (
    ("INVOICE 2026-417", ""),
    ("Halden Instruments GmbH, Westport", ""),
    ("Calibration of one scale", "435.00"),
    ("Hydraulic hose and gaskets", "82.65"),
    ("Total EUR", "517.65"),
)
FOR_EACH_ENGINE = pytest.mark.parametrize("choice", EVERY_CHOICE)


def draw_page() -> Image.Image:
    """Return a picture of the rows in two columns."""
    image = Image.new("L", (1_100, 460), 255)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(32)
    for number, row in enumerate(ROWS):
        for left, text in zip((90, 860), row, strict=True):
            draw.text((left, 70 + 64 * number), text, fill=30, font=font)
    return image


@FOR_EACH_ENGINE
def test_each_engine_reads_every_word_of_a_page(tmp_path: Path, choice: OcrChoice) -> None:
    (page,) = read(tmp_path, documents.encode_picture(draw_page(), "PNG"), choice).pages
    assert page.text.split() == [word for row in ROWS for text in row for word in text.split()]
    assert page.source is TextSource.OCR
    assert page.confidence is not None
    assert page.confidence > 0.85


@FOR_EACH_ENGINE
def test_no_engine_starts_a_thread_that_could_report_to_its_maker(tmp_path: Path, choice: OcrChoice) -> None:
    """The telemetry of onnxruntime looks up a host from a thread of its own, seconds after its start."""
    file = tmp_path / "page.png"
    file.write_bytes(documents.encode_picture(draw_page(), "PNG"))
    request = OcrRequest(path=str(file), media_type=MediaType.PNG, pages=(1,), choice=choice)
    limits = Limits(memory=1_536 * 2**20)
    assert asyncio.run(run_document_child(count_threads, request, limits, folder=tmp_path)) == 1


@pytest.mark.parametrize(
    ("angle", "choice"),
    [
        pytest.param(angle, *one.values, id=f"{one.id} {angle}", marks=one.marks)
        for angle, one in zip((90, 180, 270), EVERY_CHOICE, strict=True)
    ],
)
def test_a_turned_page_is_read_upright(tmp_path: Path, choice: OcrChoice, angle: int) -> None:
    turned = draw_page().rotate(angle, expand=True)
    (page,) = read(tmp_path, documents.encode_picture(turned, "PNG"), choice).pages
    assert page.text.split() == [word for row in ROWS for text in row for word in text.split()]


@FOR_EACH_ENGINE
def test_the_rows_of_a_slanted_page_stay_together(tmp_path: Path, choice: OcrChoice) -> None:
    slanted = draw_page().rotate(1.5, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    (page,) = read(tmp_path, documents.encode_picture(slanted, "PNG"), choice).pages
    assert "Calibration of one scale  435.00\nHydraulic hose and gaskets  82.65\n" in page.text


def test_a_page_with_an_unreadable_text_layer_is_read_by_ocr(tmp_path: Path) -> None:
    """The page looks right, but its text layer has false characters."""
    garbled = next(case for case in pdfs.make_cases() if case.name == "text with a false character map")
    (page,) = read(tmp_path, garbled.content).pages
    assert (page.text, page.source) == (pdfs.LINE, TextSource.OCR)


@needs_tesseract
def test_the_mixed_engine_finds_words_that_tesseract_misses(tmp_path: Path) -> None:
    """In bad light Tesseract misses half of the page, and is certain of the rest."""
    (printed,) = (one for one in printed_pages.make_pages() if one.name == "contract Helvetica")
    photo = printed_pages.faint(render_page(tmp_path, printed), Random(1))
    content = documents.encode_picture(photo, "PNG")
    alone, both = (read(tmp_path, content, choose_engine(one)).text for one in (OcrEngine.TESSERACT, OcrEngine.MIXED))
    assert printed_pages.share_of_words_found(printed.truth, alone) < 0.7
    assert printed_pages.share_of_words_found(printed.truth, both) > 0.97


def render_page(folder: Path, printed: printed_pages.PrintedPage) -> Image.Image:
    from worker.documents import pdf  # noqa: PLC0415 a module for child processes; only this helper opens a document here

    file = folder / "letter.pdf"
    file.write_bytes(printed_pages.make_pdf(printed))
    with pdf.open_pdf(str(file)) as document:
        return document.render(1)


def test_language_data_is_found_in_the_folders_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "eng.traineddata").touch()
    missing_folder = tmp_path / "nowhere"
    found = choose_engine(OcrEngine.MIXED, folders=(missing_folder, tmp_path))
    assert found == OcrChoice(engine=OcrEngine.MIXED, tessdata=str(tmp_path))
    assert choose_engine(OcrEngine.MIXED, tessdata=str(tmp_path), folders=()) == found


def test_the_error_for_a_missing_engine_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        EngineMissingError, match=r"there is no eng\.traineddata in .*install it .*TESSDATA_PREFIX"
    ) as caught:
        choose_engine(OcrEngine.TESSERACT, tessdata=str(tmp_path))
    assert "\n" not in str(caught.value)


def test_the_default_engine_needs_no_language_data() -> None:
    assert choose_engine(OcrEngine.RAPIDOCR, folders=()).engine is OcrEngine.RAPIDOCR
