"""The text of a Word document follows its reading order: paragraphs, tables, pages, letterhead."""

from io import BytesIO
from pathlib import Path

import docx
import pytest
from docx.enum.text import WD_BREAK

from contract.codes import Code
from contract.reading import MediaType, TextSource
from worker.documents.sniff import explain_unsupported, media_type_of

from .outcomes import read
from .word_documents import (
    LINE,
    make_climbing_letter,
    make_document,
    make_main_part,
    make_paragraph,
    make_parts,
    mark_encrypted,
    zip_parts,
)

OLE_CONTAINER = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)


def save_bytes(document: docx.document.Document) -> bytes:
    """Return the bytes of the document."""
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def test_text_and_tables_are_in_the_order_of_the_page(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("Invoice 7", 1)
    document.add_paragraph("for Morrow Hydraulics AG")
    table = document.add_table(rows=2, cols=2)
    for row, texts in zip(table.rows, (("Hose", "18.50"), ("Total EUR", "18.50")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.add_paragraph("Thank you.")
    (page,) = read(tmp_path, save_bytes(document)).pages
    assert page.text == "Invoice 7\nfor Morrow Hydraulics AG\nHose  18.50\nTotal EUR  18.50\nThank you."
    assert page.source is TextSource.TEXT_LAYER


def test_a_page_break_starts_a_new_page(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("first page")
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    document.add_paragraph("second page")
    document.add_paragraph("third page").paragraph_format.page_break_before = True
    assert [page.text for page in read(tmp_path, save_bytes(document)).pages] == [
        "first page",
        "second page",
        "third page",
    ]


def test_a_page_break_with_a_rendered_break_counts_once(tmp_path: Path) -> None:
    """Word also marks the start of each rendered page, after the breaks of the author."""
    noted = '<w:p><w:r><w:br w:type="page"/></w:r></w:p><w:p><w:r><w:lastRenderedPageBreak/><w:t>two</w:t></w:r></w:p>'
    pages = read(tmp_path, make_document(make_main_part(make_paragraph("one") + noted))).pages
    assert [page.text for page in pages] == ["one", "two"]


def test_the_header_is_on_the_first_page_and_the_footer_on_the_last(tmp_path: Path) -> None:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Brightwater Logistics Ltd"
    document.sections[0].footer.paragraphs[0].text = "VAT ID DE811907980"
    document.add_paragraph("one")
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    document.add_paragraph("two")
    texts = [page.text for page in read(tmp_path, save_bytes(document)).pages]
    assert texts == ["Brightwater Logistics Ltd\none", "two\nVAT ID DE811907980"]


@pytest.mark.parametrize(
    ("elements", "text"),
    [
        ("<w:p><w:r><w:t>net</w:t><w:tab/><w:t>30</w:t><w:br/><w:t>days</w:t></w:r></w:p>", "net  30\ndays"),
        ("<w:p><w:ins><w:r><w:t>now</w:t></w:r></w:ins><w:del><w:r><w:t>then</w:t></w:r></w:del></w:p>", "now"),
        ("<w:p><w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom><w:r><w:t>here</w:t></w:r></w:p>", "here"),
        ("<w:sdt><w:sdtContent><w:p><w:r><w:t>a form</w:t></w:r></w:p></w:sdtContent></w:sdt>", "a form"),
        ("<w:p><w:hyperlink><w:r><w:t>a link</w:t></w:r></w:hyperlink></w:p>", "a link"),
        ('<w:p><w:pPr><w:pageBreakBefore w:val="0"/></w:pPr><w:r><w:t>no break</w:t></w:r></w:p>', "no break"),
        ("<!-- a remark --><w:p><w:r><w:t>said</w:t></w:r></w:p>", "said"),
    ],
    ids=["tab and line", "tracked", "moved", "form", "link", "no break", "remark"],
)
def test_word_markup_is_read_as_word_shows_it(tmp_path: Path, elements: str, text: str) -> None:
    (page,) = read(tmp_path, make_document(make_main_part(elements))).pages
    assert page.text == text


def test_a_locked_word_document_is_refused_with_advice(tmp_path: Path) -> None:
    """Word encrypts a whole document into an OLE container; a zip may be encrypted part by part."""
    assert media_type_of(OLE_CONTAINER) is None
    assert explain_unsupported(OLE_CONTAINER).endswith("save it as .docx without a password")
    error = read(tmp_path, mark_encrypted(save_bytes(docx.Document())), password="open sesame").error  # noqa: S106 a false password
    assert error
    assert error.code == Code.ENCRYPTED
    assert error.message.endswith("documentPassword opens PDFs only: send it without a password")


def test_a_word_document_is_detected_by_its_bytes() -> None:
    assert media_type_of(save_bytes(docx.Document())[:1_024]) is MediaType.DOCX


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "a HEIC or AVIF photo"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Invoice/>", "XML"),
        (b"<!doctype html><title>404</title>", "a web page"),
        (b"Received: from mail by mail; Mon, 1 Jan 2026", "an e-mail"),
        (rb"{\rtf1 Dear Sir}", "RTF"),
    ],
)
def test_a_document_of_another_kind_is_refused_by_name(head: bytes, what: str) -> None:
    assert media_type_of(head) is None
    assert explain_unsupported(head).startswith(f"the document is {what}: ")


def test_a_strict_word_document_is_refused_by_name(tmp_path: Path) -> None:
    parts = make_parts("said")
    transitional, strict = (
        b"http://schemas.openxmlformats.org/officeDocument/2006/",
        b"http://purl.oclc.org/ooxml/officeDocument/",
    )
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(transitional, strict)
    error = read(tmp_path, zip_parts(parts)).error
    assert error
    assert (error.code, "Strict Open XML" in error.message) == (Code.UNSUPPORTED, True)


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
MACROS = "application/vnd.ms-word"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


@pytest.mark.parametrize(
    ("content_type", "what"),
    [
        (f"{MACROS}.document.macroEnabled.main+xml", "a Word document with macros: save it as .docx"),
        (f"{MACROS}.template.macroEnabledTemplate.main+xml", "a Word document with macros: save it as .docx"),
        (f"{WORD}.template.main+xml", "a Word template: save it as .docx"),
        (SHEET, "another Office program, not to Word"),
    ],
    ids=["docm", "dotm", "dotx", "xlsx"],
)
def test_a_relative_of_a_word_document_is_refused_by_name(tmp_path: Path, content_type: str, what: str) -> None:
    parts = make_parts("said")
    types = parts["[Content_Types].xml"]
    parts["[Content_Types].xml"] = types.replace(f"{WORD}.document.main+xml".encode(), content_type.encode())
    error = read(tmp_path, zip_parts(parts)).error
    assert error
    assert error.code == Code.UNSUPPORTED
    assert error.message.endswith(what)


def test_no_part_of_a_zip_is_written_outside_its_folder(tmp_path: Path) -> None:
    """The child process has the right to write there."""
    outside = tmp_path / "outside"
    assert read(tmp_path, make_climbing_letter(str(outside))).text == LINE
    assert not outside.exists()
