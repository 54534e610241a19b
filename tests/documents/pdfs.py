"""Hostile and damaged PDFs. Each build of a PDF has the same bytes."""

import zlib
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from random import Random

import pikepdf

from contract.codes import Code
from tests.worker import documents
from tests.worker.documents import make_raw_pdf

from .case import Case

LINE = "This page carries a text layer that is long enough"
_CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
_PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
_FONT = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
_TEXT = b"BT /F 12 Tf 50 700 Td (%s) Tj ET" % LINE.encode()
_read_case = partial(Case, expected_text=LINE)
_damaged_case = partial(Case, code=Code.DAMAGED)
_complex_case = partial(Case, code=Code.TOO_COMPLEX)


def make_page(more: bytes = b"", *, box: bytes = b"[0 0 595 842]", resources: bytes = _FONT) -> bytes:
    """Return a page whose content is object 4."""
    return b"<</Type/Page/Parent 2 0 R/MediaBox%s/Contents 4 0 R/Resources%s%s>>" % (box, resources, more)


def make_stream(data: bytes, head: bytes = b"") -> bytes:
    """Return a stream object."""
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), head, data)


def build_pdf(
    content: bytes = _TEXT, *more: bytes, head: bytes = b"", box: bytes = b"[0 0 595 842]", resources: bytes = _FONT
) -> bytes:
    """Return a PDF of one page."""
    return make_raw_pdf(_CATALOG, _PAGES, make_page(box=box, resources=resources), make_stream(content, head), *more)


def encrypt_pdf(**options: object) -> bytes:
    """Return a PDF that is encrypted with these options."""
    out = BytesIO()
    with pikepdf.open(BytesIO(documents.make_pdf(LINE))) as file:
        file.save(out, encryption=pikepdf.Encryption(**options), static_id=True)  # type: ignore[arg-type] # as given
    return out.getvalue()


def make_cases() -> Iterator[Case]:
    """Return all cases."""
    yield from _make_encryption_cases()
    yield from _make_truncated_cases()
    yield from _make_garbage_cases()
    yield from _make_page_tree_cases()
    yield from _make_page_size_cases()
    yield from _make_stream_cases()
    yield from _make_drawing_cases()
    yield from _make_action_cases()


def _make_encryption_cases() -> Iterator[Case]:
    for revision in (2, 3, 4, 6):
        weak = {"aes": False, "metadata": False} if revision < 4 else {}
        locked = encrypt_pdf(user="in", owner="own", R=revision, **weak)
        yield Case(f"password, revision {revision}", locked, Code.ENCRYPTED)
        yield _read_case(f"owner's password only, revision {revision}", encrypt_pdf(owner="own", R=revision, **weak))
    unknown = build_pdf().replace(b"trailer<<", b"trailer<</Encrypt<</Filter/Unknown/V 9/R 9>>")
    yield Case("encrypted by an unknown handler", unknown, Code.ENCRYPTED)


def _make_truncated_cases() -> Iterator[Case]:
    whole = documents.make_pdf(*[f"{LINE}, page {number}" for number in range(1, 11)])
    for share in (5, 20, 40, 60, 80):
        yield _damaged_case(f"cut off at {share} percent", whole[: len(whole) * share // 100])
    last = partial(Case, expected_text=f"{LINE}, page 10", repaired=True)
    for share in (90, 95):
        yield last(f"cut off at {share} percent", whole[: len(whole) * share // 100])
    for missing in (1, 2):
        yield _read_case(f"{missing} bytes cut off", whole[:-missing])
    for missing in (30, 100, 300):
        yield last(f"{missing} bytes cut off", whole[:-missing])
    yield _read_case("a line end lost in every line", whole.replace(b"\r\n", b"\n"))
    yield _read_case("every offset in the table wrong", _move_header(whole), repaired=False)
    yield _damaged_case("bytes lost in the middle", whole[: len(whole) // 3] + whole[len(whole) // 2 :])


def _move_header(whole: bytes) -> bytes:
    at = whole.index(b"%PDF-") + 9
    return whole[:at] + b"%" + b"moved" * 40 + b"\n" + whole[at:]


def _make_garbage_cases() -> Iterator[Case]:
    yield _damaged_case("a header and nothing", b"%PDF-1.7")
    yield _damaged_case("a header and noise", b"%PDF-1.7\n" + Random(1).randbytes(50_000))
    yield _damaged_case("a header and zeros", b"%PDF-1.7\n" + bytes(100_000))
    yield _damaged_case("a header and an end", b"%PDF-1.7\n%%EOF\n")
    yield _damaged_case("a web page about PDF", b"<html><p>Download %PDF-1.7</p></html>" * 20)
    yield _damaged_case("headers only", b"%PDF-1.4\n" * 5_000)
    yield _damaged_case(
        "a table that refers to nothing", b"%PDF-1.4\nxref\n0 9\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF"
    )
    yield _read_case("garbage before the header", b"rubbish " * 50 + build_pdf())
    yield _read_case("garbage after the end", build_pdf() + b"\nrubbish" * 50)
    yield _read_case("noise after the end", build_pdf() + Random(2).randbytes(500))
    yield _read_case("a zip after the end", build_pdf() + b"PK\x03\x04" + bytes(50))
    yield _read_case("a GIF before the header", b"GIF89a" + bytes(20) + build_pdf())
    yield _read_case("a script before the header", b"#!/bin/sh\nexit\n" + build_pdf())
    yield _read_case("a program before the header", b"MZ" + bytes(60) + build_pdf())


def _make_page_tree_cases() -> Iterator[Case]:
    no_pages = partial(Case, code=Code.NO_PAGES)
    yield no_pages("no pages", documents.make_pdf_without_pages())
    yield _damaged_case(
        "the root of pages is its own child", make_raw_pdf(_CATALOG, b"<</Type/Pages/Kids[2 0 R]/Count 1>>")
    )
    two = (b"<</Type/Pages/Kids[3 0 R]/Count 1>>", b"<</Type/Pages/Parent 2 0 R/Kids[2 0 R]/Count 1>>")
    yield _damaged_case("two nodes are each other's child", make_raw_pdf(_CATALOG, *two))
    yield _damaged_case("the only page is missing", make_raw_pdf(_CATALOG, _PAGES))
    yield _damaged_case("the only page is a number", make_raw_pdf(_CATALOG, _PAGES, b"7"))
    yield _read_case("a hundred million pages are claimed", build_pdf().replace(b"/Count 1>>", b"/Count 100000000>>"))
    yield _read_case("a negative number of pages is claimed", build_pdf().replace(b"/Count 1>>", b"/Count -7>>"))
    yield _damaged_case("no root", build_pdf().replace(b"/Root 1 0 R", b"/Boot 1 0 R").replace(b"/Catalog", b"/Cat"))
    yield no_pages("the root is a page", build_pdf().replace(b"/Root 1 0 R", b"/Root 3 0 R"))
    yield _read_case("a table that refers to itself as the one before", build_pdf().replace(b"/Root", b"/Prev 9/Root"))
    yield _complex_case("one page above the limit", documents.make_pdf(*["page"] * 51))
    many = b"<</Type/Pages/Kids[%s]/Count 60>>" % (b"3 0 R " * 60)
    yield _complex_case("one page sixty times", make_raw_pdf(_CATALOG, many, make_page(), make_stream(_TEXT)))
    yield no_pages("arrays in arrays, two hundred thousand deep", make_raw_pdf(_CATALOG, b"[" * 200_000))
    yield Case("values in values, a hundred thousand deep", make_raw_pdf(_CATALOG, b"<</A" * 100_000))
    nodes = [b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % number for number in range(3, 3_003)]
    yield _damaged_case(
        "a tree of three thousand levels", make_raw_pdf(_CATALOG, *nodes, make_page(), make_stream(_TEXT))
    )
    yield _read_case("a page that is its own parent", build_pdf().replace(b"/Parent 2 0 R", b"/Parent 3 0 R"))
    yield _read_case("no parent", build_pdf().replace(b"/Parent 2 0 R", b"/Parent 9 0 R"))


def _make_page_size_cases() -> Iterator[Case]:
    for box in ("[0 0 14400 14400]", "[0 0 5000000 5000000]", "[0 0 0 0]", "[595 842 0 0]", "[0 0 99999 800]"):
        yield _read_case(f"a page of {box}", build_pdf(box=box.encode()))
    crop = b"[0 0 595 842]/CropBox[600 900 1000 1000]"
    yield _read_case("a page whose crop lies outside it", build_pdf(box=crop))
    for box in ("[0 0 1 1]", "[0 0 1e30 1e30]", "[(a) /b null]", "7"):
        yield Case(f"an empty page of {box}", build_pdf(b"", box=box.encode()))
    yield Case("an empty page of half a million points", build_pdf(b"", box=b"[0 0 500000 500000]"))


def _make_stream_cases() -> Iterator[Case]:
    packed = zlib.compress(_TEXT)
    yield _complex_case("a gigabyte of drawing in one megabyte", documents.make_flate_bomb())
    bomb = zlib.compress(documents.compress_repeated(b"0 0 m " * 174_763, 900), 9)
    yield _complex_case(
        "nearly a gigabyte of drawing, compressed twice", build_pdf(bomb, head=b"/Filter[/FlateDecode/FlateDecode]")
    )
    yield _read_case("a stream longer than its length", build_pdf(_TEXT).replace(b"/Length ", b"/Length 3/Was "))
    yield _read_case("a stream shorter than its length", build_pdf(_TEXT).replace(b"/Length ", b"/Length 9"))
    yield _read_case("a stream of negative length", build_pdf(_TEXT).replace(b"/Length ", b"/Length -"))
    yield Case("compressed text cut off", build_pdf(packed[:20], head=b"/Filter/FlateDecode"))
    yield Case("noise marked as compressed", build_pdf(Random(3).randbytes(999), head=b"/Filter/FlateDecode"))
    yield Case("compressed by an unknown filter", build_pdf(packed, head=b"/Filter/Unknown"))
    yield _read_case("correctly compressed text", build_pdf(packed, head=b"/Filter/FlateDecode"))
    many = b"/Filter[" + b"/ASCIIHexDecode" * 500 + b"]"
    yield Case("five hundred filters", build_pdf(b"3e", head=many))


def _make_drawing_cases() -> Iterator[Case]:
    yield _complex_case("a picture of 30000 by 30000 pixels", documents.make_image_bomb())
    form = b"/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>"
    own = b"<</XObject<</X 5 0 R>>>>"
    yield Case("a drawing that draws itself", build_pdf(b"/X Do", make_stream(b"/X Do", form), resources=own))
    for kind in (b"DCTDecode", b"JPXDecode", b"JBIG2Decode", b"CCITTFaxDecode", b"RunLengthDecode", b"LZWDecode"):
        head = b"/Subtype/Image/Width 90/Height 90/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/" + kind
        noise = make_stream(Random(4).randbytes(5_000), head)
        yield Case(f"noise as {kind.decode()}", build_pdf(b"90 0 0 90 0 0 cm /X Do", noise, resources=own))
    yield _read_case("half a million saved states", build_pdf(b"q " * 500_000 + _TEXT))
    yield _read_case("brackets that never close", build_pdf(_TEXT + b" [" * 100_000))
    font = b"<</Font<</F<</Type/Font/Subtype/TrueType/BaseFont/X/FontDescriptor<</FontFile2 5 0 R>>>>>>>>"
    yield _read_case("a font of noise", build_pdf(_TEXT, make_stream(Random(5).randbytes(9_000)), resources=font))
    cmap = b"1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfrange <00> <ff> <e000> endbfrange"
    odd = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 5 0 R>>>>>>"
    yield Case(
        "text with a false character map", build_pdf(_TEXT, make_stream(cmap), resources=odd), expected_text="This page"
    )


def make_endless_pdf() -> bytes:
    """Return a PDF of one page with 10^12 drawings: each form draws the next one ten times."""
    box = b"/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>"
    forms = (make_stream(b"/X Do " * 10, box % (6 + level)) for level in range(12))
    return build_pdf(
        b"/X Do", *forms, make_stream(_TEXT, b"/Subtype/Form/BBox[0 0 9 9]"), resources=b"<</XObject<</X 5 0 R>>>>"
    )


def make_tiled_pdf() -> bytes:
    """Return a PDF of 700 bytes and one page, which is filled with 10^13 tiles."""
    tile = b"/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep 0.0001/YStep 0.0001/Resources<<>>"
    filled = b"/Pattern cs /P scn 0 0 595 842 re f"
    return build_pdf(filled, make_stream(b"0 0 1 1 re f", tile), resources=b"<</Pattern<</P 5 0 R>>>>")


def _make_action_cases() -> Iterator[Case]:
    for name, action in {
        "a script": b"<</S/JavaScript/JS(app.alert(1))>>",
        "a program to start": b"<</S/Launch/F(/bin/sh)>>",
        "an address to send to": b"<</S/SubmitForm/F(http://127.0.0.1:9/)>>",
    }.items():
        yield _read_case(f"{name} on opening", build_pdf().replace(b"/Catalog", b"/Catalog/OpenAction" + action))
