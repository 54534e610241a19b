"""PDFs made to do harm, or harmed. Each is built here, byte for byte the same every time."""

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
_READ = partial(Case, says=LINE)
_damaged_case = partial(Case, code=Code.DAMAGED)
_COMPLEX = partial(Case, code=Code.TOO_COMPLEX)


def page(more: bytes = b"", *, box: bytes = b"[0 0 595 842]", resources: bytes = _FONT) -> bytes:
    """Return a page whose content is object 4."""
    return b"<</Type/Page/Parent 2 0 R/MediaBox%s/Contents 4 0 R/Resources%s%s>>" % (box, resources, more)


def stream(data: bytes, head: bytes = b"") -> bytes:
    """Return a stream."""
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), head, data)


def one(
    content: bytes = _TEXT, *more: bytes, head: bytes = b"", box: bytes = b"[0 0 595 842]", resources: bytes = _FONT
) -> bytes:
    """Return a PDF of one page."""
    return make_raw_pdf(_CATALOG, _PAGES, page(box=box, resources=resources), stream(content, head), *more)


def encrypt_pdf(**permit: object) -> bytes:
    """Return a PDF that is encrypted in some way."""
    out = BytesIO()
    with pikepdf.open(BytesIO(documents.make_pdf(LINE))) as file:
        file.save(out, encryption=pikepdf.Encryption(**permit), static_id=True)  # type: ignore[arg-type] # as given
    return out.getvalue()


def cases() -> Iterator[Case]:
    """Return all of them."""
    yield from _encryption_cases()
    yield from _cut()
    yield from _rubbish()
    yield from _trees()
    yield from _sizes()
    yield from _streams()
    yield from _drawings()
    yield from _actions()


def _encryption_cases() -> Iterator[Case]:
    for revision in (2, 3, 4, 6):
        weak = {"aes": False, "metadata": False} if revision < 4 else {}
        locked = encrypt_pdf(user="in", owner="own", R=revision, **weak)
        yield Case(f"password, revision {revision}", locked, Code.ENCRYPTED)
        yield _READ(f"owner's password only, revision {revision}", encrypt_pdf(owner="own", R=revision, **weak))
    unknown = one().replace(b"trailer<<", b"trailer<</Encrypt<</Filter/Unknown/V 9/R 9>>")
    yield Case("encrypted by an unknown handler", unknown, Code.ENCRYPTED)


def _cut() -> Iterator[Case]:
    whole = documents.make_pdf(*[f"{LINE}, page {number}" for number in range(1, 11)])
    for share in (5, 20, 40, 60, 80):
        yield _damaged_case(f"cut off at {share} percent", whole[: len(whole) * share // 100])
    last = partial(Case, says=f"{LINE}, page 10", repaired=True)
    for share in (90, 95):
        yield last(f"cut off at {share} percent", whole[: len(whole) * share // 100])
    for missing in (1, 2):
        yield _READ(f"{missing} bytes cut off", whole[:-missing])
    for missing in (30, 100, 300):
        yield last(f"{missing} bytes cut off", whole[:-missing])
    yield _READ("a line end lost in every line", whole.replace(b"\r\n", b"\n"))
    yield _READ("every place in the table wrong", _move_header(whole), repaired=False)
    yield _damaged_case("bytes lost in the middle", whole[: len(whole) // 3] + whole[len(whole) // 2 :])


def _move_header(whole: bytes) -> bytes:
    at = whole.index(b"%PDF-") + 9
    return whole[:at] + b"%" + b"moved" * 40 + b"\n" + whole[at:]


def _rubbish() -> Iterator[Case]:
    yield _damaged_case("a head and nothing", b"%PDF-1.7")
    yield _damaged_case("a head and noise", b"%PDF-1.7\n" + Random(1).randbytes(50_000))
    yield _damaged_case("a head and zeros", b"%PDF-1.7\n" + bytes(100_000))
    yield _damaged_case("a head and an end", b"%PDF-1.7\n%%EOF\n")
    yield _damaged_case("a web page about PDF", b"<html><p>Download %PDF-1.7</p></html>" * 20)
    yield _damaged_case("heads only", b"%PDF-1.4\n" * 5_000)
    yield _damaged_case(
        "a table that refers to nothing", b"%PDF-1.4\nxref\n0 9\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF"
    )
    yield _READ("rubbish before the head", b"rubbish " * 50 + one())
    yield _READ("rubbish after the end", one() + b"\nrubbish" * 50)
    yield _READ("noise after the end", one() + Random(2).randbytes(500))
    yield _READ("a zip after the end", one() + b"PK\x03\x04" + bytes(50))
    yield _READ("a GIF before the head", b"GIF89a" + bytes(20) + one())
    yield _READ("a script before the head", b"#!/bin/sh\nexit\n" + one())
    yield _READ("a program before the head", b"MZ" + bytes(60) + one())


def _trees() -> Iterator[Case]:
    no_pages = partial(Case, code=Code.NO_PAGES)
    yield no_pages("no pages", documents.make_pdf_without_pages())
    yield _damaged_case(
        "the root of pages is its own child", make_raw_pdf(_CATALOG, b"<</Type/Pages/Kids[2 0 R]/Count 1>>")
    )
    two = (b"<</Type/Pages/Kids[3 0 R]/Count 1>>", b"<</Type/Pages/Parent 2 0 R/Kids[2 0 R]/Count 1>>")
    yield _damaged_case("two nodes are each other's child", make_raw_pdf(_CATALOG, *two))
    yield _damaged_case("the only page is missing", make_raw_pdf(_CATALOG, _PAGES))
    yield _damaged_case("the only page is a number", make_raw_pdf(_CATALOG, _PAGES, b"7"))
    yield _READ("a hundred million pages are claimed", one().replace(b"/Count 1>>", b"/Count 100000000>>"))
    yield _READ("less than no pages are claimed", one().replace(b"/Count 1>>", b"/Count -7>>"))
    yield _damaged_case("no root", one().replace(b"/Root 1 0 R", b"/Boot 1 0 R").replace(b"/Catalog", b"/Cat"))
    yield no_pages("the root is a page", one().replace(b"/Root 1 0 R", b"/Root 3 0 R"))
    yield _READ("a table before this one, which is this one", one().replace(b"/Root", b"/Prev 9/Root"))
    yield _COMPLEX("one page more than may be", documents.make_pdf(*["page"] * 51))
    many = b"<</Type/Pages/Kids[%s]/Count 60>>" % (b"3 0 R " * 60)
    yield _COMPLEX("one page sixty times", make_raw_pdf(_CATALOG, many, page(), stream(_TEXT)))
    yield no_pages("arrays in arrays, two hundred thousand deep", make_raw_pdf(_CATALOG, b"[" * 200_000))
    yield Case("values in values, a hundred thousand deep", make_raw_pdf(_CATALOG, b"<</A" * 100_000))
    nodes = [b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % number for number in range(3, 3_003)]
    yield _damaged_case("a tree of three thousand levels", make_raw_pdf(_CATALOG, *nodes, page(), stream(_TEXT)))
    yield _READ("a page that is its own parent", one().replace(b"/Parent 2 0 R", b"/Parent 3 0 R"))
    yield _READ("no parent", one().replace(b"/Parent 2 0 R", b"/Parent 9 0 R"))


def _sizes() -> Iterator[Case]:
    for box in ("[0 0 14400 14400]", "[0 0 5000000 5000000]", "[0 0 0 0]", "[595 842 0 0]", "[0 0 99999 800]"):
        yield _READ(f"a page of {box}", one(box=box.encode()))
    for box in ("[0 0 1 1]", "[0 0 1e30 1e30]", "[(a) /b null]", "7"):
        yield Case(f"an empty page of {box}", one(b"", box=box.encode()))
    yield Case("an empty page of half a million points", one(b"", box=b"[0 0 500000 500000]"))


def _streams() -> Iterator[Case]:
    packed = zlib.compress(_TEXT)
    yield _COMPLEX("a gigabyte of drawing in one megabyte", documents.make_flate_bomb())
    bomb = zlib.compress(documents.compress_repeated(b"0 0 m " * 174_763, 900), 9)
    yield _COMPLEX("nearly a gigabyte of drawing, packed twice", one(bomb, head=b"/Filter[/FlateDecode/FlateDecode]"))
    yield _READ("a stream that is longer than it says", one(_TEXT).replace(b"/Length ", b"/Length 3/Was "))
    yield _READ("a stream that is shorter than it says", one(_TEXT).replace(b"/Length ", b"/Length 9"))
    yield _READ("a stream of less than nothing", one(_TEXT).replace(b"/Length ", b"/Length -"))
    yield Case("packed text that was cut", one(packed[:20], head=b"/Filter/FlateDecode"))
    yield Case("noise that says it is packed", one(Random(3).randbytes(999), head=b"/Filter/FlateDecode"))
    yield Case("compressed by an unknown filter", one(packed, head=b"/Filter/Unknown"))
    yield _READ("packed as it should be", one(packed, head=b"/Filter/FlateDecode"))
    many = b"/Filter[" + b"/ASCIIHexDecode" * 500 + b"]"
    yield Case("five hundred filters", one(b"3e", head=many))


def _drawings() -> Iterator[Case]:
    yield _COMPLEX("a picture of 30000 by 30000 points", documents.make_image_bomb())
    form = b"/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>"
    own = b"<</XObject<</X 5 0 R>>>>"
    yield Case("a drawing that draws itself", one(b"/X Do", stream(b"/X Do", form), resources=own))
    for kind in (b"DCTDecode", b"JPXDecode", b"JBIG2Decode", b"CCITTFaxDecode", b"RunLengthDecode", b"LZWDecode"):
        head = b"/Subtype/Image/Width 90/Height 90/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/" + kind
        noise = stream(Random(4).randbytes(5_000), head)
        yield Case(f"noise as {kind.decode()}", one(b"90 0 0 90 0 0 cm /X Do", noise, resources=own))
    yield _READ("half a million saved states", one(b"q " * 500_000 + _TEXT))
    yield _READ("brackets that never close", one(_TEXT + b" [" * 100_000))
    font = b"<</Font<</F<</Type/Font/Subtype/TrueType/BaseFont/X/FontDescriptor<</FontFile2 5 0 R>>>>>>>>"
    yield _READ("a font of noise", one(_TEXT, stream(Random(5).randbytes(9_000)), resources=font))
    cmap = b"1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfrange <00> <ff> <e000> endbfrange"
    odd = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 5 0 R>>>>>>"
    yield Case("text in signs of its own", one(_TEXT, stream(cmap), resources=odd), says="This page")


def endless() -> bytes:
    """Return a PDF of one page with ten to the twelfth drawings: each draws the next one ten times."""
    box = b"/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>"
    forms = (stream(b"/X Do " * 10, box % (6 + level)) for level in range(12))
    return one(b"/X Do", *forms, stream(_TEXT, b"/Subtype/Form/BBox[0 0 9 9]"), resources=b"<</XObject<</X 5 0 R>>>>")


def _actions() -> Iterator[Case]:
    for name, action in {
        "a script": b"<</S/JavaScript/JS(app.alert(1))>>",
        "a program to start": b"<</S/Launch/F(/bin/sh)>>",
        "an address to send to": b"<</S/SubmitForm/F(http://127.0.0.1:9/)>>",
    }.items():
        yield _READ(f"{name} on opening", one().replace(b"/Catalog", b"/Catalog/OpenAction" + action))
