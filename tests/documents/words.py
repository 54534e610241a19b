"""Word documents, and zips made to do harm."""

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
_SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_EPOCH = (2026, 1, 1, 0, 0, 0)
type Part = bytes | Iterable[bytes]

_DAMAGED = partial(Case, code=Code.DAMAGED)
_COMPLEX = partial(Case, code=Code.TOO_COMPLEX)
_UNSUPPORTED = partial(Case, code=Code.UNSUPPORTED)


def letter(*paragraphs: str) -> dict[str, bytes]:
    """Return the parts of a document, by their names."""
    out = BytesIO()
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    document.save(out)
    with ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def body(inside: str) -> bytes:
    """Return a main part."""
    return f'<w:document xmlns:w="{_SPACE}"><w:body>{inside}</w:body></w:document>'.encode()


def paragraph(text: str) -> str:
    """Return a paragraph."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def zipped(parts: Mapping[str, Part], packing: int = ZIP_DEFLATED) -> bytes:
    """Return them in a zip, the same every time."""
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for name, content in parts.items():
            info = ZipInfo(name, _EPOCH)
            info.compress_type = packing
            with archive.open(info, "w") as part:
                for piece in [content] if isinstance(content, bytes) else content:
                    part.write(piece)
    return out.getvalue()


def with_main(main: Part) -> bytes:
    """Return a document with this main part."""
    return zipped({**letter(), MAIN: main})


def cases() -> Iterator[Case]:
    """Return all of them."""
    yield Case("a letter", zipped(letter(LINE)), says=LINE)
    yield Case("a letter that is not packed", zipped(letter(LINE), ZIP_STORED), says=LINE)
    yield Case("a letter with a PDF behind it", zipped(letter(LINE)) + b"%PDF-1.4", says=LINE)
    yield Case("an empty letter", with_main(body("")))
    yield from _bombs()
    yield from _xml()
    yield from _zips()


def _bombs() -> Iterator[Case]:
    head, tail = body("|").split(b"|")
    wide = with_main(chain([head], repeat(paragraph("a" * 1_000).encode() * 1_000, 300), [tail]))
    yield _COMPLEX("300 MB of text in a small zip", wide)
    yield _DAMAGED("the same, and it says that it is small", lying(wide, MAIN, 1_000))
    yield _COMPLEX("39 MB of small elements", with_main(chain([head], repeat(b"<w:p/>" * 65_000, 100), [tail])))
    yield _COMPLEX("a text of 20 MB", with_main(body(paragraph("a" * 20_000_000))))
    yield _COMPLEX("300 MB of a picture", zipped({**letter(LINE), "word/media/a.png": repeat(bytes(1_000_000), 300)}))
    yield _COMPLEX("eleven thousand parts", zipped({**letter(LINE), **{f"x/{n}": b"" for n in range(11_000)}}))
    pages = "".join('<w:p><w:r><w:br w:type="page"/><w:t>page</w:t></w:r></w:p>' for _ in range(60))
    yield _COMPLEX("sixty pages", with_main(body(pages)))


def _xml() -> Iterator[Case]:
    laughs = "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9))
    yield _COMPLEX("a word that stands for a billion", entity(f'<!ENTITY a "lol">{laughs}', "&j;"))
    outside = entity('<!ENTITY a SYSTEM "file:///etc/passwd">', f"{LINE}&a;")
    yield Case("a word that stands for a file of ours", outside, says=LINE)
    away = entity('<!ENTITY % a SYSTEM "http://127.0.0.1:9/">%a;', LINE)
    yield Case("a word that stands for an address", away, says=LINE)
    yield _COMPLEX("elements a hundred thousand deep", with_main(b"<a>" * 100_000))
    yield _COMPLEX("tables in tables, three hundred deep", with_main(body("<w:tbl><w:tr><w:tc>" * 300)))
    yield _DAMAGED("text that is no XML", with_main(b"Dear Sir"))
    yield _DAMAGED("XML that stops", with_main(body(LINE)[:-9]))
    yield _DAMAGED("a main part of nothing", with_main(b""))
    yield Case("a main part in wide letters", with_main(body(paragraph(LINE)).decode().encode("utf-16")), says=LINE)


def entity(declared: str, text: str) -> bytes:
    """Return a document with words that stand for something."""
    return with_main(f"<!DOCTYPE d [{declared}]>".encode() + body(paragraph(text)))


def lying(content: bytes, name: str, size: int) -> bytes:
    """Return a zip whose index says another size of a part."""
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(name.encode()))
    return content[: at + 24] + struct.pack("<I", size) + content[at + 28 :]


def _zips() -> Iterator[Case]:
    whole = letter(LINE)
    good = zipped(whole)
    yield _UNSUPPORTED("a zip of a text", zipped({"readme.txt": b"hello"}))
    yield _UNSUPPORTED("a zip that begins with a PDF", zipped({"a.pdf": b"%PDF-1.4 " * 9}, ZIP_STORED))
    yield _UNSUPPORTED("a document of another office", zipped({"mimetype": b"application/vnd.oasis.opendocument.text"}))
    sheet = {name: part.replace(b"wordprocessingml.document", b"spreadsheetml.sheet") for name, part in whole.items()}
    yield _UNSUPPORTED("a table that is called a letter", zipped(sheet))
    yield _DAMAGED("a letter without its text", zipped({name: part for name, part in whole.items() if name != MAIN}))
    yield _DAMAGED("a letter that does not say where its text is", zipped(without(whole, "_rels/.rels")))
    yield _DAMAGED("a zip's head", b"PK\x03\x04")
    yield _DAMAGED("a zip of noise", b"PK\x03\x04" + Random(1).randbytes(5_000))
    for share in (30, 70, 99):
        yield _DAMAGED(f"a letter cut off at {share} percent", good[: len(good) * share // 100])
    at = good.index(MAIN.encode()) + 60
    yield _DAMAGED("a letter with a wrong byte", good[:at] + bytes([good[at] ^ 255]) + good[at + 1 :])
    yield Case("a letter that needs a password", locked(good), Code.ENCRYPTED)
    yield _DAMAGED(
        "a letter packed by a way that nobody knows",
        good.replace(b"\x08\x00\x00\x00\x21\x5c", b"\x63\x00\x00\x00\x21\x5c"),
    )
    climbing = {**whole, "../../../tmp/longhand-was-here": b"out"}
    yield Case("a letter with a part that climbs out", zipped(climbing), says=LINE)


def without(parts: dict[str, bytes], name: str) -> dict[str, bytes]:
    """Return the other parts."""
    return {other: content for other, content in parts.items() if other != name}


def locked(content: bytes) -> bytes:
    """Return a zip that says that its parts are encrypted."""
    return b"PK\x01\x02".join(
        part if number == 0 else part[:4] + b"\x01\x00" + part[6:]
        for number, part in enumerate(content.split(b"PK\x01\x02"))
    )
