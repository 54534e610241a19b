"""Each OCR engine reads a page and finds its words, upright or turned; to choose a missing engine is an error."""

import asyncio
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Final

import pytest
from PIL import Image

from bench import printed_pages
from contract.engines import OcrEngine
from contract.reading import MediaType, PageText, TextSource
from durable import Limits
from local import samples
from tests.worker import documents
from worker.analysis.quote_boxes import PageWords
from worker.documents.boxes import Box, Word, unpack_boxes
from worker.documents.document_reader import recognize_in_child, run_document_child
from worker.documents.ocr import OcrRequest
from worker.documents.ocr_engines import EngineMissingError, OcrChoice, choose_engine
from worker.preloads import preload_ocr

from . import pdfs
from .child_work import count_threads
from .outcomes import read
from .scan import QUOTE, TEXT, Scan
from .tessdata import EVERY_CHOICE, needs_tesseract
from .test_locked import lock_pdf

MAX_BOX_ERROR: Final = 0.3  # in heights of the letters; the usual error is half of it
ORIENTATION_TAG, TURN_RIGHT = 0x0112, 6


def find_box(page: PageText) -> Box | None:
    """Return the box of the quote in the words that an OCR engine found."""
    words = zip(page.text.split(), unpack_boxes(page.boxes or ""), strict=True)
    return PageWords([Word(*both) for both in words]).box(QUOTE)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((degrees, *one.values), id=f"{one.id} {degrees}", marks=one.marks)
        for turns, one in zip(((0, 90, 2), (0, 180, 2), (0, 270, 2)), EVERY_CHOICE, strict=True)
        for degrees in turns
    ],
)
def reading(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scan, PageText]:
    """A scan, upright, turned or slanted, and what each engine reads on it."""
    degrees, choice = request.param
    scan = Scan.draw().turn(degrees)
    (page,) = read(tmp_path_factory.mktemp("scan"), documents.encode_picture(scan.image, "PNG"), choice).pages
    return scan, page


def test_each_engine_reads_every_word_upright_and_the_rows_stay_together(reading: tuple[Scan, PageText]) -> None:
    _, page = reading
    assert (page.text, page.source) == (TEXT, TextSource.OCR)
    assert page.confidence is not None
    assert page.confidence > 0.85


def test_a_quote_gets_the_box_that_a_person_would_draw_around_it(reading: tuple[Scan, PageText]) -> None:
    """Each side is within a third of the letters' height, so that the box shows these words and no others."""
    scan, page = reading
    assert scan.measure_error(find_box(page)) < MAX_BOX_ERROR


def test_the_box_on_a_photo_follows_its_exif_orientation(tmp_path: Path) -> None:
    """A telephone stores an upright photo on its side, with an orientation tag."""
    scan, photo, exif = Scan.draw(), BytesIO(), Image.Exif()
    exif[ORIENTATION_TAG] = TURN_RIGHT
    scan.image.rotate(90, expand=True).save(photo, "JPEG", exif=exif, quality=95)
    (page,) = read(tmp_path, photo.getvalue()).pages
    assert scan.measure_error(find_box(page)) < MAX_BOX_ERROR


def test_a_quote_is_found_on_a_picture_that_is_scaled_down_for_ocr(tmp_path: Path) -> None:
    scan = Scan.draw()
    large = scan.image.resize((2_700, 1_080))
    (page,) = read(tmp_path, documents.encode_picture(large, "PNG")).pages
    assert scan.measure_error(find_box(page)) < MAX_BOX_ERROR


@pytest.mark.parametrize("choice", EVERY_CHOICE)
def test_no_engine_starts_a_thread_that_could_report_to_its_maker(tmp_path: Path, choice: OcrChoice) -> None:
    """The telemetry of onnxruntime looks up a host from a thread of its own, seconds after its start."""
    file = tmp_path / "page.png"
    file.write_bytes(documents.make_picture("one line"))
    request = OcrRequest(path=str(file), media_type=MediaType.PNG, pages=(1,), choice=choice)
    preload = preload_ocr(choice.engine, choice.tessdata, choice.alphabet)  # its fork server must have one thread, too
    limits = Limits(memory=1_536 * 2**20)
    assert asyncio.run(run_document_child(count_threads, request, limits, folder=tmp_path, preload=preload)) == 1


def test_ocr_reads_the_requested_pages(tmp_path: Path) -> None:
    scans = [samples.draw_scan([text], skew=0, width=700) for text in ("first page", "second page", "third page")]
    (tmp_path / "scans").write_bytes(samples.images_to_pdf(*scans))
    request = OcrRequest(path=str(tmp_path / "scans"), media_type=MediaType.PDF, pages=(1, 3))
    pages = asyncio.run(recognize_in_child(request))
    assert [(page.number, page.text) for page in pages] == [(1, "first page"), (3, "third page")]
    assert {page.source for page in pages} == {TextSource.OCR}


def test_a_locked_scan_is_read(tmp_path: Path) -> None:
    picture = BytesIO()
    samples.draw_scan(["Sheet number 7"], skew=0, width=600).save(picture, "PDF")
    (page,) = read(tmp_path, lock_pdf("secret", content=picture.getvalue()), password="secret").pages  # noqa: S106 a test's
    assert (page.text, page.source) == ("Sheet number 7", TextSource.OCR)


def test_a_page_with_an_unreadable_text_layer_is_read_by_ocr(tmp_path: Path) -> None:
    """The page looks right, but its text layer has false characters."""
    garbled = next(case for case in pdfs.make_cases() if case.name == "text with a false character map")
    (page,) = read(tmp_path, garbled.content).pages
    assert (page.text, page.source) == (pdfs.LINE, TextSource.OCR)


@needs_tesseract
def test_the_mixed_engine_finds_words_that_tesseract_misses(tmp_path: Path) -> None:
    """In bad light Tesseract misses half of the page, and is certain of the rest."""
    (page,) = (one for one in printed_pages.make_pages() if one.name == "contract Helvetica")
    printed = replace(page, runs=page.runs[:16])
    whole = render_page(tmp_path, printed)
    upper_half = whole.crop((0, 0, whole.width, whole.height // 2))  # below it the page is blank
    photo = printed_pages.faint(upper_half, Random(1))
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
