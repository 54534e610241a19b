"""Hostile and damaged pictures, and files of unsupported types."""

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
_complex_case = partial(Case, code=Code.TOO_COMPLEX)
_unsupported_case = partial(Case, code=Code.UNSUPPORTED)
_PNG = b"\x89PNG\r\n\x1a\n"


def make_cases() -> Iterator[Case]:
    """Return all cases."""
    yield from _make_png_cases()
    yield from _make_jpeg_cases()
    yield from _make_tiff_cases()
    yield from _make_webp_cases()
    yield from _make_unsupported_cases()


def make_blank(kind: str, mode: str = "L", size: tuple[int, int] = (40, 30), *pages: Image.Image) -> bytes:
    """Return an empty picture: it is read without OCR."""
    return documents.encode_picture(Image.new(mode, size, "white"), kind, *pages)


def _make_png_cases() -> Iterator[Case]:
    whole = documents.make_picture("cut off")
    yield _complex_case("a PNG of 60000 by 60000 pixels", documents.make_png_bomb())
    yield _complex_case("a PNG of 8000 by 8000 pixels", documents.make_png_bomb(8_000))
    for share in (10, 50, 90):
        yield _damaged_case(f"a PNG cut off at {share} percent", whole[: len(whole) * share // 100])
    yield _damaged_case("the header of a PNG", _PNG)
    yield _damaged_case("a PNG of noise", _PNG + Random(1).randbytes(5_000))
    yield _damaged_case("a PNG and then a PDF", _PNG + documents.make_pdf("This is a PDF, and not a picture at all"))
    yield _damaged_case(
        "a PNG of no size", _PNG + make_png_chunk(b"IHDR", struct.pack(">IIBBBBB", 0, 0, 8, 0, 0, 0, 0))
    )
    packed = b"Comment\0\0" + zlib.compress(bytes(90_000_000), 9)
    yield _damaged_case(
        "a PNG with a comment of 90 MB", _PNG + whole[8:33] + make_png_chunk(b"zTXt", packed) + whole[33:]
    )
    at = whole.index(b"IDAT") + 20
    yield _damaged_case("a PNG with a wrong byte", whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield Case(f"an empty PNG, {mode}", make_blank("PNG", mode) if mode != "I;16" else _make_16_bit_png())
    yield Case("a PNG of one pixel", make_blank("PNG", "L", (1, 1)))
    yield Case("a PNG of a single row", make_blank("PNG", "L", (40_000, 1)))


def _make_16_bit_png() -> bytes:
    return documents.encode_picture(Image.new("I;16", (40, 30), 65_535), "PNG")


def _make_jpeg_cases() -> Iterator[Case]:
    whole = documents.make_picture("cut off", kind="JPEG")
    for share in (5, 20, 60):
        yield _damaged_case(f"a JPEG cut off at {share} percent", whole[: len(whole) * share // 100])
    yield _damaged_case("the header of a JPEG", b"\xff\xd8\xff\xe0")
    yield _damaged_case("a JPEG of noise", b"\xff\xd8\xff\xe0" + Random(2).randbytes(5_000))
    at = whole.index(b"\xff\xc0") + 5
    yield _complex_case("a JPEG of 65000 by 65000 pixels", whole[:at] + b"\xfd\xe8\xfd\xe8" + whole[at + 4 :])
    yield _damaged_case("a JPEG with a PDF header", b"\xff\xd8\xff\xfe\x00\x0a%PDF-1.4" + bytes(200))
    for mode in ("L", "RGB", "CMYK"):
        yield Case(f"an empty JPEG, {mode}", make_blank("JPEG", mode))
    frames = [Image.new("L", (40, 30), "white")] * 50
    yield Case("a photo with fifty more pictures in it", make_blank("MPO", "L", (40, 30), *frames))


def _make_tiff_cases() -> Iterator[Case]:
    whole = make_blank("TIFF")
    yield _damaged_case("a TIFF of noise", b"II*\x00" + b"\xff" * 50)
    yield _damaged_case("the header of a TIFF", b"MM\x00*\x00\x00\x00\x08")
    yield _damaged_case("a TIFF cut off", whole[: len(whole) // 2])
    yield _damaged_case("a TIFF without a size", b"II*\x00" + struct.pack("<IHHHIII", 8, 1, 258, 3, 1, 8, 0))
    frames = [Image.new("L", (9, 9), "white")] * 50
    yield Case("a TIFF of fifty pages", make_blank("TIFF", "L", (9, 9), *frames[1:]))
    yield _complex_case("a TIFF of one page above the limit", make_blank("TIFF", "L", (9, 9), *frames))
    before, width, behind = make_tiff(second_side=8).rpartition(struct.pack("<HH", 256, 4))
    yield _damaged_case(
        "a TIFF whose second page has no width", before + width.replace(b"\x00\x01", b"\xff\x00") + behind
    )
    yield Case("a TIFF with addresses of 64 bits", make_big_tiff())
    yield Case("a TIFF whose second page is its first", make_tiff(loop=True))
    yield _complex_case("a TIFF of 50000 by 50000 pixels", make_tiff(side=50_000))
    yield _complex_case("a TIFF whose second page is of 50000 by 50000 pixels", make_tiff(second_side=50_000))
    yield _damaged_case("a TIFF whose pixels lie beyond its end", make_tiff(offset=10_000_000))
    yield _damaged_case("a TIFF of an unknown compression", make_tiff(compression=12_345))
    yield _damaged_case("a TIFF of noise marked as compressed", make_tiff(compression=8))
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "group4", "packbits", "jpeg"):
        out = BytesIO()
        Image.new("1" if compression == "group4" else "L", (40, 30), 1 if compression == "group4" else 255).save(
            out, "TIFF", compression=compression
        )
        yield Case(f"an empty TIFF, {compression}", out.getvalue())


def make_tiff(
    *, side: int = 8, second_side: int = 0, offset: int = 0, compression: int = 1, loop: bool = False
) -> bytes:
    """Return a TIFF of white pixels, with false tags when asked for."""
    points = b"\xff" * 64

    def entries(at: int, side: int, following: int) -> bytes:
        values = {256: side, 257: side, 258: 8, 259: compression, 262: 1, 273: offset or at, 277: 1, 278: side, 279: 64}
        body = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in values.items())
        return struct.pack("<H", len(values)) + body + struct.pack("<I", following)

    length = 2 + 9 * 12 + 4
    following = 8 if loop else 72 + length if second_side else 0
    first = b"II*\x00" + struct.pack("<I", 72) + points
    first = first + entries(8, side, 72 if loop else following)
    return first + (entries(8, second_side, 0) if second_side else b"")


def make_big_tiff() -> bytes:
    """Return an empty TIFF in the form for files above 4 GB."""
    out = BytesIO()
    Image.new("L", (40, 30), 255).save(out, "TIFF", big_tiff=True)
    return out.getvalue()


def _make_webp_cases() -> Iterator[Case]:
    whole = make_blank("WEBP", "RGB")
    yield Case("an empty WebP", whole)
    yield _damaged_case("a WebP cut off", whole[: len(whole) // 2])
    yield _damaged_case("the header of a WebP", b"RIFF\x10\x00\x00\x00WEBPVP8 ")
    yield _damaged_case("a WebP of noise", b"RIFF\x00\x10\x00\x00WEBPVP8L" + Random(3).randbytes(4_000))


def _make_unsupported_cases() -> Iterator[Case]:
    contents = {
        "a program": b"MZ" + bytes(200),
        "a program of this system": b"\x7fELF" + bytes(200),
        "a GIF": make_blank("GIF"),
        "a BMP": make_blank("BMP"),
        "an old Word document": bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2_000),
        "a letter in RTF": rb"{\rtf1 Dear Sir}",
        "a web page": b"<!doctype html><title>404</title>",
        "JSON": b'{"error": "not found"}',
        "plain text": b"Invoice number 7",
        "UTF-16 text": "Invoice number 7".encode("utf-16"),
        "a drawing in SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "a gzip": bytes.fromhex("1f8b08000000000000ff"),
        "an archive of 7z": bytes.fromhex("377abcaf271c0004"),
        "an empty zip": b"PK\x05\x06" + bytes(18),
        "a HEIC photo": b"\x00\x00\x00\x18ftypheic" + bytes(99),
        "zeros": bytes(5_000),
        "a PDF header too far from the start": b" " * 1_100 + b"%PDF-1.4",
        "a single byte": b"%",
    }
    for name, content in contents.items():
        yield _unsupported_case(name, content)
