"""Counting pages, reading text layers and OCR are separate calls, each in its own child process."""

import asyncio
from pathlib import Path

import pytest

from contract.codes import Code
from contract.reading import MediaType
from durable import JobError, Limits
from tests.worker import documents
from tests.worker.documents import make_raw_pdf
from worker.documents import pdf
from worker.documents.document_reader import (
    OCR_BYTES,
    DocumentReader,
    read_text_layers_in_child,
    run_document_child,
    split_batches,
)
from worker.documents.ocr import OcrRequest
from worker.documents.survey import DocumentFile, PageRange

from .child_work import render_only
from .outcomes import read
from .pdfs import build_pdf, make_page, make_stream

LINE = "This page carries a text layer that is long enough"


def save_pdf(folder: Path, content: bytes, *, max_pages: int = 2_000) -> DocumentFile:
    """Save a PDF, and return its file."""
    file = folder / "document"
    file.write_bytes(content)
    return DocumentFile(path=str(file), media_type=MediaType.PDF, max_pages=max_pages)


def test_pages_are_counted_and_classified(tmp_path: Path) -> None:
    document = save_pdf(tmp_path, documents.make_pdf(LINE, "Page 2", "Page 3", LINE))
    layers = asyncio.run(DocumentReader().scan_text_layers(Path(document.path), MediaType.PDF))
    assert (layers.pages, layers.unread, layers.repaired) == (4, (2, 3), False)


def test_pages_on_which_nothing_is_drawn_need_no_ocr(tmp_path: Path) -> None:
    """Two thousand of them, in 200 kB, took 250 child processes. A note on an otherwise empty page is recognized."""
    note = b"[0 0 595 842]/Annots[<</Type/Annot/Subtype/FreeText/Rect[0 0 99 99]/Contents(a note)/DA(/F 9 Tf)>>]"
    for content, unread in ((documents.make_pdf(*[""] * 2_000), ()), (build_pdf(b"", box=note), (1,))):
        document = save_pdf(tmp_path, content)
        scan = asyncio.run(DocumentReader().scan_text_layers(Path(document.path), MediaType.PDF))
        assert scan.unread == unread


def test_a_range_of_pages_returns_the_pages_with_a_text_layer(tmp_path: Path) -> None:
    document = save_pdf(tmp_path, documents.make_pdf(f"{LINE} 1", f"{LINE} 2", "3", f"{LINE} 4"))
    pages = asyncio.run(read_text_layers_in_child(PageRange(document=document, first=2, last=4)))
    assert [(page.number, page.text) for page in pages] == [(2, f"{LINE} 2"), (4, f"{LINE} 4")]


def test_every_text_layer_of_a_long_document_is_read(tmp_path: Path) -> None:
    document = save_pdf(tmp_path, documents.make_pdf(*[f"{LINE} {number}" for number in range(1, 1_203)]))
    pages = asyncio.run(DocumentReader().scan_text_layers(Path(document.path), MediaType.PDF)).layers
    assert [page.text for page in pages] == [f"{LINE} {number}" for number in range(1, 1_203)]


def test_a_damaged_pdf_is_repaired_with_a_warning(tmp_path: Path) -> None:
    repaired = read(tmp_path, documents.make_pdf(LINE)[:-30]).document
    assert repaired is not None
    assert repaired.warnings == ("the document is damaged and was repaired: parts of it may be missing",)
    whole = read(tmp_path, documents.make_pdf(LINE)).document
    assert whole is not None
    assert whole.warnings == ()


def test_a_picture_that_exceeds_the_memory_limit_is_refused(tmp_path: Path) -> None:
    """The library would leave the picture out, and the page would look empty."""
    document = save_pdf(tmp_path, documents.make_image_bomb())
    request = OcrRequest(path=document.path, media_type=MediaType.PDF, pages=(1,))
    with pytest.raises(JobError, match="30000 x 30000") as caught:
        asyncio.run(run_document_child(render_only, request, Limits(memory=OCR_BYTES), folder=tmp_path))
    assert caught.value.code == Code.TOO_COMPLEX


@pytest.mark.parametrize(("pages", "sizes"), [(3, {3}), (10, {4, 2}), (24, {6}), (200, {8})])
def test_batches_are_larger_in_a_long_document(pages: int, sizes: set[int]) -> None:
    assert {len(batch) for batch in split_batches(range(pages))} == sizes


def test_what_was_typed_into_a_form_is_in_the_text_and_in_the_picture(tmp_path: Path) -> None:
    """A field's value stands in its own drawing, which is no part of the page until the page is flattened."""
    field = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(Typed Value)/F 4/Rect[50 600 300 620]/AP<</N 6 0 R>>>>"
    font = b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
    drawing = make_stream(
        b"BT /F 12 Tf 2 5 Td (Typed Value) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 250 20]" + font
    )
    content = make_raw_pdf(
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        make_page(b"/Annots[5 0 R]"),
        make_stream(f"BT /F 12 Tf 50 700 Td ({LINE}) Tj ET".encode()),
        field,
        drawing,
    )
    document = save_pdf(tmp_path, content)
    with pdf.open_pdf(document.path) as file:
        assert file.text(1).split() == [*LINE.split(), "Typed", "Value"]
        assert [word.text for word in file.words(1)] == [*LINE.split(), "Typed", "Value"]
        box = next(word.box for word in file.words(1) if word.text == "Typed")
        image = file.render(1)
        left, top, right, bottom = (side * size for side, size in zip(box, image.size * 2, strict=True))
        assert min(image.crop((int(left), int(top), int(right), int(bottom))).tobytes()) < 100


def make_scan_with_text(text: str, *, width: int = 595) -> bytes:
    """Return a page with a picture of this width and hidden text, as scanners write it."""
    resources = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>/XObject<</I 5 0 R>>>>"
    picture = b"/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8"
    drawing = f"q {width} 0 0 842 0 0 cm /I Do Q BT 3 Tr /F 8 Tf 9 700 Td ({text}) Tj ET"
    return make_raw_pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        make_page(resources=resources),
        make_stream(drawing.encode()),
        make_stream(b"\xff", picture),
    )


MISREAD = "9 Nort h Buon a Vist a Driv e # 0 9 1 8 t r K n qx PaJ,Qen cTp D e vv"


@pytest.mark.parametrize(
    ("content", "is_unread"),
    [
        (make_scan_with_text(MISREAD), True),
        (make_scan_with_text(". . 20I5 1l1 : 3,805.07 :., 4 : 201 59.1 18.18 ;; 3% % 500 20 6 3 2 2016 4 6"), True),
        (make_scan_with_text(LINE), False),
        (make_scan_with_text(MISREAD, width=200), False),
    ],
    ids=["misread", "no words", "well read", "a small picture"],
)
def test_misread_text_behind_a_picture_is_read_by_ocr(tmp_path: Path, content: bytes, *, is_unread: bool) -> None:
    document = save_pdf(tmp_path, content)
    scan = asyncio.run(DocumentReader().scan_text_layers(Path(document.path), MediaType.PDF))
    assert bool(scan.unread) == is_unread
