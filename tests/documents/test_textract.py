"""Textract is an OCR engine: the worker renders pages, Textract reads them, and the text is like any other engine's."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pydantic import TypeAdapter

from bench.printed_pages import letter_error_rate
from contract.reading import MediaType, TextSource
from local.server_process import ROOT
from tests.worker import documents
from worker.costs.ledger import bill_to
from worker.documents.boxes import unpack_boxes
from worker.documents.ocr import OcrRequest
from worker.documents.textract.page_images import RenderRequest

from .scanned_pages import make_detector, make_scan_pdf, make_scans
from .textract import Block, FakeTextract, Point, make_page_block, make_text_block
from .textract_reader import TEXTRACT, TextractReader

MODEL_MODULES = {"cv2", "onnxruntime", "rapidocr", "tesserocr"}


def make_line(text: str, top: float = 0.1) -> list[Block]:
    """Return the blocks of a line across the page and of its words."""
    words = [
        make_text_block("WORD", word, make_corners(0.1 + 0.1 * at, 0.18 + 0.1 * at, top))
        for at, word in enumerate(text.split())
    ]
    ids = [word["Id"] for word in words]
    return [make_text_block("LINE", text, make_corners(0.1, 0.9, top), children=ids), *words]


def make_corners(left: float, right: float, top: float) -> list[Point]:
    return [(left, top), (right, top), (right, top + 0.005), (left, top + 0.005)]


def test_textract_reads_every_letter_of_a_scan(reader: TextractReader, textract: FakeTextract) -> None:
    """Textract returns lines in any order, and each cell of a row as a line."""
    scans = make_scans(3)
    textract.detect = make_detector(scans)
    pages = reader.read(make_scan_pdf(scans))
    assert [letter_error_rate(scan.truth, page.text) for scan, page in zip(scans, pages, strict=True)] == [0.0] * 3
    assert [page.source for page in pages] == [TextSource.OCR] * 3
    assert {page.confidence for page in pages} == {0.995}
    assert textract.paid_pages == 3


def test_a_turned_page_is_read_and_sent_once(reader: TextractReader, textract: FakeTextract) -> None:
    scans = make_scans(4, quarters=[0, 1, 2, 3])
    textract.detect = make_detector(scans)
    pages = reader.read(make_scan_pdf(scans))
    assert [letter_error_rate(scan.truth, page.text) for scan, page in zip(scans, pages, strict=True)] == [0.0] * 4
    assert textract.paid_pages == 4


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_the_boxes_of_words_match_the_page_as_scanned(
    reader: TextractReader, textract: FakeTextract, quarters: int
) -> None:
    [scan] = make_scans(1, quarters=[quarters])
    textract.detect = make_detector([scan])
    [page] = reader.read(make_scan_pdf([scan]))
    assert page.boxes
    boxes = unpack_boxes(page.boxes)
    words = page.text.split()
    assert len(boxes) == len(words)
    [wanted] = [block for block in scan.blocks() if block.get("Text") == "Subtotal" and block["BlockType"] == "WORD"]
    expected = wanted["Geometry"]["BoundingBox"]
    left, top = expected["Left"], expected["Top"]
    sides = (left, top, left + expected["Width"], top + expected["Height"])
    assert boxes[words.index("Subtotal")] == pytest.approx(sides, abs=1e-4)


def test_an_empty_page_is_not_sent(reader: TextractReader, textract: FakeTextract) -> None:
    [page] = reader.read(documents.make_pdf(""))
    assert (page.text, page.confidence, textract.requests) == ("", None, [])


def test_a_page_without_detected_lines_has_no_text(reader: TextractReader, textract: FakeTextract) -> None:
    [page] = reader.read(documents.make_picture("a stamp"), MediaType.PNG)
    assert (page.text, page.source, page.confidence, page.boxes) == ("", TextSource.OCR, None, None)
    assert textract.paid_pages == 1


def test_the_text_layer_corrects_the_spelling_of_the_same_text(reader: TextractReader, textract: FakeTextract) -> None:
    textract.detect = lambda _: [make_page_block(), *make_line("Paqe 2")]
    [page] = reader.read(documents.make_pdf("Page 2"))
    assert (page.text, page.source) == ("Page 2", TextSource.TEXT_LAYER)


def test_a_page_with_hundreds_of_blocks_is_read_completely(reader: TextractReader, textract: FakeTextract) -> None:
    rows = [f"row {number} of many" for number in range(125)]
    textract.detect = lambda _: [
        make_page_block(),
        *(block for at, row in enumerate(rows) for block in make_line(row, 0.007 * at)),
    ]
    [page] = reader.read(documents.make_picture("dense"), MediaType.PNG)
    assert page.text.splitlines() == rows


def test_a_page_is_billed_only_to_the_first_job_that_reads_it(reader: TextractReader, textract: FakeTextract) -> None:
    with bill_to("one") as bill:
        reader.read(documents.make_picture("a stamp"), MediaType.PNG)
    with bill_to("other") as other:
        reader.read(documents.make_picture("a stamp"), MediaType.PNG)
    assert (bill.pages, other.pages, textract.paid_pages) == (1, 0, 1)


@pytest.mark.parametrize("size", [(14_400, 100), (14_400, 14_400), (595, 842)])
def test_a_page_of_any_size_is_sent_within_the_limits_of_textract(
    reader: TextractReader, textract: FakeTextract, size: tuple[float, float]
) -> None:
    seen: list[tuple[int, tuple[int, int]]] = []

    def detect(picture: bytes) -> list[Block]:
        with Image.open(BytesIO(picture)) as image:
            seen.append((len(picture), image.size))
        return [make_page_block()]

    textract.detect = detect
    reader.read(documents.make_pdf("x", size=size))
    [(length, sides)] = seen
    assert length <= 10 * 2**20
    assert max(sides) <= 10_000


def test_rendering_pages_for_textract_loads_no_model(tmp_path: Path) -> None:
    (tmp_path / "document").write_bytes(documents.make_pdf("drawn"))
    scan = OcrRequest(path=str(tmp_path / "document"), media_type=MediaType.PDF, pages=(1,), choice=TEXTRACT)
    code = """
import sys
from pydantic import TypeAdapter
from worker.documents.textract.page_images import RenderRequest, render_pages
request = TypeAdapter(RenderRequest).validate_json(sys.argv[1])
assert render_pages(request)[0].file
print(*(name for name in sys.modules if "." not in name))
"""
    words = TypeAdapter(RenderRequest).dump_json(RenderRequest(pages=scan, folder=str(tmp_path))).decode()
    loaded = subprocess.check_output([sys.executable, "-c", code, words], cwd=ROOT, text=True)
    assert "pypdfium2" in loaded.split()
    assert not MODEL_MODULES & set(loaded.split())
