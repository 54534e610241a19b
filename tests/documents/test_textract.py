"""Textract stands in for a recognition: pages are drawn here, read there, and are text like that of any other."""

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

from .letters import eyes, letters, scan_pages
from .textract import Block, Point, Provider, page_block, text_block
from .textract_desk import TEXTRACT, Desk

MODELS = {"cv2", "onnxruntime", "rapidocr", "tesserocr"}


def line(text: str, top: float = 0.1) -> list[Block]:
    """Return a line across the page, with its words."""
    words = [
        text_block("WORD", word, box(0.1 + 0.1 * at, 0.18 + 0.1 * at, top)) for at, word in enumerate(text.split())
    ]
    ids = [word["Id"] for word in words]
    return [text_block("LINE", text, box(0.1, 0.9, top), children=ids), *words]


def box(left: float, right: float, top: float) -> list[Point]:
    return [(left, top), (right, top), (right, top + 0.005), (left, top + 0.005)]


def test_a_scan_is_read_to_the_letter(desk: Desk, textract: Provider) -> None:
    """Lines come in any order, and cells of a row as lines of their own."""
    some = letters(3)
    textract.see = eyes(some)
    pages = desk.read(scan_pages(some))
    assert [letter_error_rate(letter.truth, page.text) for letter, page in zip(some, pages, strict=True)] == [0.0] * 3
    assert [page.source for page in pages] == [TextSource.OCR] * 3
    assert {page.confidence for page in pages} == {0.995}
    assert textract.paid == 3


def test_a_turned_page_is_read_as_it_stands_and_sent_once(desk: Desk, textract: Provider) -> None:
    some = letters(4, quarters=[0, 1, 2, 3])
    textract.see = eyes(some)
    pages = desk.read(scan_pages(some))
    assert [letter_error_rate(letter.truth, page.text) for letter, page in zip(some, pages, strict=True)] == [0.0] * 4
    assert textract.paid == 4


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_words_are_where_they_are_on_the_page_as_it_was_scanned(desk: Desk, textract: Provider, quarters: int) -> None:
    [letter] = letters(1, quarters=[quarters])
    textract.see = eyes([letter])
    [page] = desk.read(scan_pages([letter]))
    assert page.boxes
    boxes = unpack_boxes(page.boxes)
    words = page.text.split()
    assert len(boxes) == len(words)
    [wanted] = [block for block in letter.blocks() if block.get("Text") == "Subtotal" and block["BlockType"] == "WORD"]
    there = wanted["Geometry"]["BoundingBox"]
    left, top, right, bottom = boxes[words.index("Subtotal")]
    sides = (there["Left"], there["Top"], there["Left"] + there["Width"], there["Top"] + there["Height"])
    assert (left, top, right, bottom) == pytest.approx(sides, abs=1e-4)


def test_an_empty_page_is_not_sent(desk: Desk, textract: Provider) -> None:
    [page] = desk.read(documents.make_pdf(""))
    assert (page.text, page.confidence, textract.asked) == ("", None, [])


def test_a_page_on_which_nothing_is_seen_has_no_text(desk: Desk, textract: Provider) -> None:
    [page] = desk.read(documents.make_picture("a stamp"), MediaType.PNG)
    assert (page.text, page.source, page.confidence, page.boxes) == ("", TextSource.OCR, None, None)
    assert textract.paid == 1


def test_what_a_page_carries_is_spelled_right_if_it_is_all_that_is_seen(desk: Desk, textract: Provider) -> None:
    textract.see = lambda _: [page_block(), *line("Paqe 2")]
    [page] = desk.read(documents.make_pdf("Page 2"))
    assert (page.text, page.source) == ("Page 2", TextSource.TEXT_LAYER)


def test_a_page_with_hundreds_of_blocks_is_whole(desk: Desk, textract: Provider) -> None:
    rows = [f"row {number} of many" for number in range(125)]
    textract.see = lambda _: [page_block(), *(block for at, row in enumerate(rows) for block in line(row, 0.007 * at))]
    [page] = desk.read(documents.make_picture("dense"), MediaType.PNG)
    assert page.text.splitlines() == rows


def test_what_was_paid_for_before_is_on_nobodys_bill(desk: Desk, textract: Provider) -> None:
    with bill_to("one") as bill:
        desk.read(documents.make_picture("a stamp"), MediaType.PNG)
    with bill_to("other") as other:
        desk.read(documents.make_picture("a stamp"), MediaType.PNG)
    assert (bill.pages, other.pages, textract.paid) == (1, 0, 1)


@pytest.mark.parametrize("size", [(14_400, 100), (14_400, 14_400), (595, 842)])
def test_a_page_of_any_size_is_a_picture_that_textract_takes(
    desk: Desk, textract: Provider, size: tuple[float, float]
) -> None:
    seen: list[tuple[int, tuple[int, int]]] = []

    def see(picture: bytes) -> list[Block]:
        with Image.open(BytesIO(picture)) as image:
            seen.append((len(picture), image.size))
        return [page_block()]

    textract.see = see
    desk.read(documents.make_pdf("x", size=size))
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
    assert not MODELS & set(loaded.split())
