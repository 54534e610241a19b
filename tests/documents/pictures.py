"""Pictures made to do harm, or harmed; and files of kinds that we do not read, by whatever name."""

import struct
import zlib
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from random import Random

from PIL import Image

from contract.codes import Code
from tests.worker import documents
from tests.worker.documents import make_png_chunk

from .case import Case

_damaged_case = partial(Case, code=Code.DAMAGED)
_COMPLEX = partial(Case, code=Code.TOO_COMPLEX)
_unsupported_case = partial(Case, code=Code.UNSUPPORTED)
_PNG = b"\x89PNG\r\n\x1a\n"


def cases() -> Iterator[Case]:
    """Return all of them."""
    yield from _pngs()
    yield from _jpegs()
    yield from _tiffs()
    yield from _webps()
    yield from _strangers()


def blank(kind: str, mode: str = "L", size: tuple[int, int] = (40, 30), *more: Image.Image) -> bytes:
    """Return an empty picture: it is read without any recognition."""
    return documents.encode_picture(Image.new(mode, size, "white"), kind, *more)


def _pngs() -> Iterator[Case]:
    whole = documents.make_picture("cut off")
    yield _COMPLEX("a PNG of 60000 by 60000 points", documents.make_png_bomb())
    yield _COMPLEX("a PNG of 8000 by 8000 points", documents.make_png_bomb(8_000))
    for share in (10, 50, 90):
        yield _damaged_case(f"a PNG cut off at {share} percent", whole[: len(whole) * share // 100])
    yield _damaged_case("the head of a PNG", _PNG)
    yield _damaged_case("a PNG of noise", _PNG + Random(1).randbytes(5_000))
    yield _damaged_case("a PNG and then a PDF", _PNG + documents.make_pdf("This is a PDF, and not a picture at all"))
    yield _damaged_case(
        "a PNG of no size", _PNG + make_png_chunk(b"IHDR", struct.pack(">IIBBBBB", 0, 0, 8, 0, 0, 0, 0))
    )
    packed = b"Comment\0\0" + zlib.compress(bytes(90_000_000), 9)
    yield _damaged_case(
        "a PNG with a remark of 90 MB", _PNG + whole[8:33] + make_png_chunk(b"zTXt", packed) + whole[33:]
    )
    at = whole.index(b"IDAT") + 20
    yield _damaged_case("a PNG with a wrong byte", whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield Case(f"an empty PNG, {mode}", blank("PNG", mode) if mode != "I;16" else _deep())
    yield Case("a PNG of one point", blank("PNG", "L", (1, 1)))
    yield Case("a PNG of a single row", blank("PNG", "L", (40_000, 1)))


def _deep() -> bytes:
    return documents.encode_picture(Image.new("I;16", (40, 30), 65_535), "PNG")


def _jpegs() -> Iterator[Case]:
    whole = documents.make_picture("cut off", kind="JPEG")
    for share in (5, 20, 60):
        yield _damaged_case(f"a JPEG cut off at {share} percent", whole[: len(whole) * share // 100])
    yield _damaged_case("the head of a JPEG", b"\xff\xd8\xff\xe0")
    yield _damaged_case("a JPEG of noise", b"\xff\xd8\xff\xe0" + Random(2).randbytes(5_000))
    at = whole.index(b"\xff\xc0") + 5
    yield _COMPLEX("a JPEG of 65000 by 65000 points", whole[:at] + b"\xfd\xe8\xfd\xe8" + whole[at + 4 :])
    yield _damaged_case("a JPEG that says PDF", b"\xff\xd8\xff\xfe\x00\x0a%PDF-1.4" + bytes(200))
    for mode in ("L", "RGB", "CMYK"):
        yield Case(f"an empty JPEG, {mode}", blank("JPEG", mode))


def _tiffs() -> Iterator[Case]:
    whole = blank("TIFF")
    yield _damaged_case("a TIFF of noise", b"II*\x00" + b"\xff" * 50)
    yield _damaged_case("the head of a TIFF", b"MM\x00*\x00\x00\x00\x08")
    yield _damaged_case("a TIFF cut off", whole[: len(whole) // 2])
    frames = [Image.new("L", (9, 9), "white")] * 50
    yield Case("a TIFF of fifty pages", blank("TIFF", "L", (9, 9), *frames[1:]))
    yield _COMPLEX("a TIFF of one page too many", blank("TIFF", "L", (9, 9), *frames))
    yield Case("a TIFF whose second page is its first", tiff(again=True))
    yield _COMPLEX("a TIFF of 50000 by 50000 points", tiff(side=50_000))
    yield _COMPLEX("a TIFF whose second page is of 50000 by 50000 points", tiff(second=50_000))
    yield _damaged_case("a TIFF whose points lie beyond its end", tiff(place=10_000_000))
    yield _damaged_case("a TIFF of an unknown compression", tiff(packing=12_345))
    yield _damaged_case("a TIFF of noise that says it is packed", tiff(packing=8))
    for packing in ("tiff_lzw", "tiff_adobe_deflate", "group4", "packbits", "jpeg"):
        out = BytesIO()
        Image.new("1" if packing == "group4" else "L", (40, 30), 1 if packing == "group4" else 255).save(
            out, "TIFF", compression=packing
        )
        yield Case(f"an empty TIFF, {packing}", out.getvalue())


def tiff(*, side: int = 8, second: int = 0, place: int = 0, packing: int = 1, again: bool = False) -> bytes:
    """Return a TIFF of white points; what it says of itself may be wrong."""
    points = b"\xff" * 64

    def entries(at: int, side: int, following: int) -> bytes:
        values = {256: side, 257: side, 258: 8, 259: packing, 262: 1, 273: place or at, 277: 1, 278: side, 279: 64}
        body = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in values.items())
        return struct.pack("<H", len(values)) + body + struct.pack("<I", following)

    length = 2 + 9 * 12 + 4
    following = 8 if again else 72 + length if second else 0
    first = b"II*\x00" + struct.pack("<I", 72) + points
    first = first + entries(8, side, 72 if again else following)
    return first + (entries(8, second, 0) if second else b"")


def _webps() -> Iterator[Case]:
    whole = blank("WEBP", "RGB")
    yield Case("an empty WebP", whole)
    yield _damaged_case("a WebP cut off", whole[: len(whole) // 2])
    yield _damaged_case("the head of a WebP", b"RIFF\x10\x00\x00\x00WEBPVP8 ")
    yield _damaged_case("a WebP of noise", b"RIFF\x00\x10\x00\x00WEBPVP8L" + Random(3).randbytes(4_000))


def _strangers() -> Iterator[Case]:
    strangers = {
        "a program": b"MZ" + bytes(200),
        "a program of this system": b"\x7fELF" + bytes(200),
        "a GIF": blank("GIF"),
        "a BMP": blank("BMP"),
        "an old Word document": bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2_000),
        "a letter in RTF": rb"{\rtf1 Dear Sir}",
        "a web page": b"<!doctype html><title>404</title>",
        "JSON": b'{"error": "not found"}',
        "plain text": b"Invoice number 7",
        "wide text": "Invoice number 7".encode("utf-16"),
        "a drawing in SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "a gzip": bytes.fromhex("1f8b08000000000000ff"),
        "an archive of 7z": bytes.fromhex("377abcaf271c0004"),
        "an empty zip": b"PK\x05\x06" + bytes(18),
        "a photo of a telephone": b"\x00\x00\x00\x18ftypheic" + bytes(99),
        "zeros": bytes(5_000),
        "a PDF's head too late": b" " * 1_100 + b"%PDF-1.4",
        "a single byte": b"%",
    }
    for name, content in strangers.items():
        yield _unsupported_case(name, content)
