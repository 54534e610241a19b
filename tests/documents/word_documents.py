"""Word documents, and hostile zips."""

import struct
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from io import BytesIO
from itertools import chain, repeat
from random import Random
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import docx

from contract.codes import Code

from .case import Case

LINE = "This letter was written with a word processor"
MAIN = "word/document.xml"
_NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_ZIP_DATE = (2026, 1, 1, 0, 0, 0)
type Part = bytes | Iterable[bytes]

_damaged_case = partial(Case, code=Code.DAMAGED)
_complex_case = partial(Case, code=Code.TOO_COMPLEX)
_unsupported_case = partial(Case, code=Code.UNSUPPORTED)


def make_parts(*paragraphs: str) -> dict[str, bytes]:
    """Return the parts of a Word document, by their names."""
    out = BytesIO()
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    document.save(out)
    with ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def make_main_part(elements: str) -> bytes:
    """Return the main part of a document, with these elements in its body."""
    return f'<w:document xmlns:w="{_NAMESPACE}"><w:body>{elements}</w:body></w:document>'.encode()


def make_paragraph(text: str) -> str:
    """Return a paragraph element."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def zip_parts(parts: Mapping[str, Part], compression: int = ZIP_DEFLATED) -> bytes:
    """Return a zip of the parts; the same parts give the same bytes."""
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for name, content in parts.items():
            info = ZipInfo(name, _ZIP_DATE)
            info.compress_type = compression
            info.compress_level = 1  # the bombs are packed in a third of the time
            with archive.open(info, "w") as part:
                for piece in [content] if isinstance(content, bytes) else content:
                    part.write(piece)
    return out.getvalue()


def make_document(content: Part) -> bytes:
    """Return a Word document with this main part."""
    return zip_parts({**make_parts(), MAIN: content})


def make_cases() -> Iterator[Case]:
    """Return all cases."""
    yield Case("a letter", zip_parts(make_parts(LINE)), expected_text=LINE)
    yield Case("a letter without compression", zip_parts(make_parts(LINE), ZIP_STORED), expected_text=LINE)
    yield Case("a letter with a PDF behind it", zip_parts(make_parts(LINE)) + b"%PDF-1.4", expected_text=LINE)
    yield Case("an empty letter", make_document(make_main_part("")))
    yield from _make_bomb_cases()
    yield from _make_xml_cases()
    yield from _make_zip_cases()


def _make_bomb_cases() -> Iterator[Case]:
    head, tail = make_main_part("|").split(b"|")
    wide = make_document(chain([head], repeat(make_paragraph("a" * 1_000).encode() * 1_000, 60), [tail]))
    yield _complex_case("60 MB of text in a small zip", wide)
    yield _damaged_case("60 MB of text with a small size in the index", falsify_size(wide, MAIN, 1_000))
    yield _complex_case(
        "39 MB of small elements", make_document(chain([head], repeat(b"<w:p/>" * 65_000, 100), [tail]))
    )
    yield _complex_case("a text of 20 MB", make_document(make_main_part(make_paragraph("a" * 20_000_000))))
    yield _complex_case(
        "210 MB of a picture", zip_parts({**make_parts(LINE), "word/media/a.png": repeat(bytes(1_000_000), 210)})
    )
    yield _complex_case(
        "eleven thousand parts", zip_parts({**make_parts(LINE), **{f"x/{n}": b"" for n in range(11_000)}})
    )
    pages = "".join('<w:p><w:r><w:br w:type="page"/><w:t>page</w:t></w:r></w:p>' for _ in range(60))
    yield _complex_case("sixty pages", make_document(make_main_part(pages)))


def _make_xml_cases() -> Iterator[Case]:
    laughs = "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9))
    yield _complex_case(
        "an entity that expands to a billion words", make_entity_document(f'<!ENTITY a "lol">{laughs}', "&j;")
    )
    outside = make_entity_document('<!ENTITY a SYSTEM "file:///etc/passwd">', f"{LINE}&a;")
    yield Case("an entity that names a local file", outside, expected_text=LINE)
    away = make_entity_document('<!ENTITY % a SYSTEM "http://127.0.0.1:9/">%a;', LINE)
    yield Case("an entity that names a URL", away, expected_text=LINE)
    yield _complex_case("elements a hundred thousand deep", make_document(b"<a>" * 100_000))
    yield _complex_case(
        "tables in tables, three hundred deep", make_document(make_main_part("<w:tbl><w:tr><w:tc>" * 300))
    )
    yield _damaged_case("a main part that is not XML", make_document(b"Dear Sir"))
    yield _damaged_case("XML cut off", make_document(make_main_part(LINE)[:-9]))
    yield _damaged_case("an empty main part", make_document(b""))
    yield Case(
        "a main part in UTF-16",
        make_document(make_main_part(make_paragraph(LINE)).decode().encode("utf-16")),
        expected_text=LINE,
    )


def make_entity_document(declaration: str, text: str) -> bytes:
    """Return a document whose XML declares an entity."""
    return make_document(f"<!DOCTYPE d [{declaration}]>".encode() + make_main_part(make_paragraph(text)))


def falsify_size(content: bytes, name: str, size: int) -> bytes:
    """Return a zip whose index has a false size of a part."""
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(name.encode()))
    return content[: at + 24] + struct.pack("<I", size) + content[at + 28 :]


def _make_zip_cases() -> Iterator[Case]:
    whole = make_parts(LINE)
    good = zip_parts(whole)
    yield _unsupported_case("a zip of a text", zip_parts({"readme.txt": b"hello"}))
    yield _unsupported_case("a zip that begins with a PDF", zip_parts({"a.pdf": b"%PDF-1.4 " * 9}, ZIP_STORED))
    yield _unsupported_case("an OpenDocument text", zip_parts({"mimetype": b"application/vnd.oasis.opendocument.text"}))
    sheet = {name: part.replace(b"wordprocessingml.document", b"spreadsheetml.sheet") for name, part in whole.items()}
    yield _unsupported_case("a spreadsheet with the parts of a letter", zip_parts(sheet))
    yield _damaged_case(
        "a letter without its main part", zip_parts({name: part for name, part in whole.items() if name != MAIN})
    )
    yield _damaged_case("a letter without its relationships", zip_parts(remove_part(whole, "_rels/.rels")))
    for name in ("_rels/.rels", "[Content_Types].xml", "word/_rels/document.xml.rels"):
        yield _damaged_case(f"a letter with another root in {name}", zip_parts({**whole, name: b"<x/>"}))
    yield _damaged_case("a letter whose index begins elsewhere", move_index(good, 5_000))
    yield _damaged_case("the header of a zip", b"PK\x03\x04")
    yield _damaged_case("a zip of noise", b"PK\x03\x04" + Random(1).randbytes(5_000))
    for share in (30, 70, 99):
        yield _damaged_case(f"a letter cut off at {share} percent", good[: len(good) * share // 100])
    at = good.index(MAIN.encode()) + 60
    yield _damaged_case("a letter with a wrong byte", good[:at] + bytes([good[at] ^ 255]) + good[at + 1 :])
    yield Case("a letter that needs a password", mark_encrypted(good), Code.ENCRYPTED)
    yield _damaged_case(
        "a letter with an unknown compression method",
        good.replace(b"\x08\x00\x00\x00\x21\x5c", b"\x63\x00\x00\x00\x21\x5c"),
    )
    yield Case("a letter with a part outside its folder", make_climbing_letter("outside"), expected_text=LINE)


def make_climbing_letter(path: str) -> bytes:
    """Return a letter with a part whose name leads to this path, from wherever it may be unpacked."""
    return zip_parts({**make_parts(LINE), f"{'../' * 30}{path.removeprefix('/')}": b"out"})


def remove_part(parts: dict[str, bytes], name: str) -> dict[str, bytes]:
    """Return the parts without this one."""
    return {other: content for other, content in parts.items() if other != name}


def move_index(content: bytes, by: int) -> bytes:
    """Return the zip with a false address of its index."""
    at = content.rindex(b"PK\x05\x06") + 16
    return content[:at] + struct.pack("<I", struct.unpack_from("<I", content, at)[0] + by) + content[at + 4 :]


def mark_encrypted(content: bytes) -> bytes:
    """Return the zip with its parts marked as encrypted."""
    return b"PK\x01\x02".join(
        part if number == 0 else part[:4] + b"\x01\x00" + part[6:]
        for number, part in enumerate(content.split(b"PK\x01\x02"))
    )
