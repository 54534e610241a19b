"""Pages become text, from the text layer or by OCR; a bad document fails with a code and costs one child process."""

import asyncio
from pathlib import Path

import pytest
from PIL import Image

from contract.codes import Code
from contract.reading import MediaType, PageText, TextSource
from durable import JobError
from evaluation.read_document import read_document
from local import samples
from tests.fresh_process import run_in_own_process
from tests.worker import documents
from worker.documents.document_reader import DocumentReader
from worker.documents.pdf import scale_of, tidy
from worker.documents.rapidocr import fit_size, rapidocr_errors

PAGE_TEXT = "This page carries a text layer that is long enough"
MAX_CHILD_BYTES = (768 + 64) * 2**20  # the limit of a child that reads no picture, and the pages of its libraries


def read(
    tmp_path: Path, content: bytes, media_type: MediaType = MediaType.PDF, max_pages: int = 50
) -> tuple[PageText, ...]:
    """Return the pages of a document."""
    file = tmp_path / "document"
    file.write_bytes(content)
    return asyncio.run(read_document(DocumentReader(max_pages=max_pages), file, media_type)).pages


def reading_error(tmp_path: Path, content: bytes, media_type: MediaType = MediaType.PDF) -> JobError:
    """Return the error of a document that cannot be read."""
    with pytest.raises(JobError) as caught:
        read(tmp_path, content, media_type)
    return caught.value


def reading_error_code(folder: Path, content: bytes) -> str:
    """Return the code of that error."""
    return reading_error(folder, content).code


def test_a_text_layer_is_used_unchanged(tmp_path: Path) -> None:
    pages = read(tmp_path, documents.make_pdf(PAGE_TEXT, PAGE_TEXT + " too"))
    assert pages == (
        PageText(number=1, text=PAGE_TEXT, source=TextSource.TEXT_LAYER),
        PageText(number=2, text=PAGE_TEXT + " too", source=TextSource.TEXT_LAYER),
    )


def test_a_scanned_page_is_recognized(tmp_path: Path) -> None:
    (page,) = read(tmp_path, samples.make_contract())
    assert page.source is TextSource.OCR
    assert page.confidence is not None
    assert page.confidence > 0.9
    assert "Halden Instruments GmbH\nand Quillon & Sons LLC on 1 February 2026" in page.text


def test_each_page_has_its_own_source(tmp_path: Path) -> None:
    """A page with little text goes to OCR, too; if OCR finds no more, its text layer stays. So does an empty page."""
    pages = read(tmp_path, documents.make_pdf(PAGE_TEXT, "Page 2", "", size=(350, 150)))
    assert {page.source for page in pages} == {TextSource.TEXT_LAYER}
    assert [page.text for page in pages] == [PAGE_TEXT, "Page 2", ""]
    assert pages[2].confidence is None


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", MediaType.PNG), ("JPEG", MediaType.JPEG)])
def test_a_picture_is_recognized(tmp_path: Path, kind: str, media_type: MediaType) -> None:
    (page,) = read(tmp_path, documents.make_picture("Total EUR 1,234.50", kind=kind), media_type)
    assert (page.text, page.source) == ("Total EUR 1,234.50", TextSource.OCR)


def test_every_frame_of_a_tiff_is_a_page(tmp_path: Path) -> None:
    first, second = (samples.draw_scan([text], skew=0, width=500) for text in ("first page", "second page"))
    pages = read(tmp_path, documents.encode_picture(first, "TIFF", second), MediaType.TIFF)
    assert [(page.number, page.text) for page in pages] == [(1, "first page"), (2, "second page")]


def test_a_photo_is_turned_as_its_exif_orientation_asks(tmp_path: Path) -> None:
    page = samples.draw_scan(["Held upright by a reader", "who turned the camera"], skew=0, width=700)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    file = tmp_path / "photo"
    page.rotate(90, expand=True).save(file, "JPEG", exif=exif)
    (seen,) = read(tmp_path, file.read_bytes(), MediaType.JPEG)
    assert seen.text == "Held upright by a reader\nwho turned the camera"


def test_letters_on_a_transparent_background_are_read(tmp_path: Path) -> None:
    page = samples.draw_scan(["drawn on nothing"], skew=0, width=500)
    clear = Image.new("RGBA", page.size, (0, 0, 0, 0))
    clear.putalpha(page.point(lambda gray: 255 - gray))
    (seen,) = read(tmp_path, documents.encode_picture(clear, "PNG"), MediaType.PNG)
    assert seen.text == "drawn on nothing"


def test_a_page_upside_down_is_turned(tmp_path: Path) -> None:
    (page,) = read(tmp_path, documents.make_picture("This page lies", "upside down", turned=180), MediaType.PNG)
    assert page.text == "This page lies\nupside down"


VALID_PDF = documents.make_pdf(PAGE_TEXT)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (documents.make_pdf("secret", password="pw"), Code.ENCRYPTED),  # noqa: S106 that is the test
        (VALID_PDF[: len(VALID_PDF) // 2], Code.DAMAGED),
        (b"%PDF-1.7\n" + b"x" * 1_000, Code.DAMAGED),
        (b"%PDF-1.7", Code.DAMAGED),
        (documents.make_pdf_without_pages(), Code.NO_PAGES),
        (documents.make_pdf(*["page"] * 51), Code.TOO_COMPLEX),
    ],
    ids=["encrypted", "half", "rubbish", "head only", "no pages", "too many pages"],
)
def test_a_bad_pdf_fails_with_its_code(tmp_path: Path, content: bytes, code: Code) -> None:
    error = reading_error(tmp_path, content)
    assert (error.code, error.retry) == (code, False)


@pytest.mark.parametrize(
    ("content", "media_type", "code"),
    [
        (documents.make_png_bomb(), MediaType.PNG, Code.TOO_COMPLEX),
        (documents.make_png_bomb(8_000), MediaType.PNG, Code.TOO_COMPLEX),
        (documents.make_picture("cut off", kind="JPEG")[:2_000], MediaType.JPEG, Code.DAMAGED),
        (documents.make_picture("cut off")[:1_000], MediaType.PNG, Code.DAMAGED),
        (b"\x89PNG\r\n\x1a\n", MediaType.PNG, Code.DAMAGED),
        (b"II*\x00" + b"\xff" * 50, MediaType.TIFF, Code.DAMAGED),
    ],
    ids=["png bomb", "small png bomb", "cut jpeg", "cut png", "head of a png", "rubbish tiff"],
)
def test_a_bad_picture_fails_with_its_code(tmp_path: Path, content: bytes, media_type: MediaType, code: Code) -> None:
    error = reading_error(tmp_path, content, media_type)
    assert (error.code, error.retry) == (code, False)


def test_a_bomb_costs_one_child_and_bounded_memory(tmp_path: Path) -> None:
    code, memory = run_in_own_process(reading_error_code, tmp_path, documents.make_flate_bomb())
    assert code == Code.TOO_COMPLEX
    assert 0 < memory.child < MAX_CHILD_BYTES


def test_a_huge_page_is_drawn_at_a_small_scale(tmp_path: Path) -> None:
    """At 200 dpi it would have 1.6 billion points."""
    (page,) = read(tmp_path, documents.make_pdf("", size=(14_400, 14_400)))
    assert page.number == 1


def test_an_ordinary_page_is_drawn_at_200_dpi() -> None:
    assert scale_of(595, 842) == 200 / 72
    assert scale_of(5_000_000, 5_000_000) * 5_000_000 <= 2_500
    assert scale_of(0, 0) == 200 / 72


@pytest.mark.parametrize("size", [(1_414, 2_000), (2_400, 2_400), (10_000, 60), (60, 9_000), (800, 900), (1, 1)])
def test_a_picture_is_resized_before_ocr_to_a_size_that_memory_allows(size: tuple[int, int]) -> None:
    """The OCR engine resizes pictures that it finds too large or too narrow, a strip without a limit."""
    width, height = fit_size(Image.new("L", size)).size
    assert max(width, height) <= 2_000
    assert min(width, height) >= 736
    assert width * height <= 2_900_000


def test_an_allocation_failure_of_the_ocr_engine_is_a_memory_error() -> None:
    with pytest.raises(MemoryError), rapidocr_errors(RuntimeError):
        raise RuntimeError("while running node Add: std::bad_alloc")
    with pytest.raises(RuntimeError, match="shape"), rapidocr_errors(RuntimeError):
        raise RuntimeError("another shape")


def test_control_characters_and_trailing_blanks_of_a_text_layer_are_removed() -> None:
    assert tidy("one\r\n two \x00\r\nthr\ufffeee \n") == "one\ntwo\nthr-ee"
