"""Documents that are hard to read or hostile."""

import struct
import zlib
from io import BytesIO

from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption  # type: ignore[import-untyped] # it has no types
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped] # as above

from local import samples


def make_pdf(*pages: str, password: str | None = None, size: tuple[float, float] = (595, 842)) -> bytes:
    """Return a PDF with a line of text on each page."""
    out = BytesIO()
    encrypt = StandardEncryption(password, strength=128) if password else None
    canvas = Canvas(out, pagesize=size, encrypt=encrypt, invariant=True)
    for text in pages:
        canvas.drawString(50, size[1] - 60, text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def make_raw_pdf(*objects: bytes) -> bytes:
    """Return a PDF of these objects, numbered from 1. The first is its catalog."""
    out = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        count, table, count, len(out),
    )  # fmt: skip


def make_pdf_without_pages() -> bytes:
    """Return a valid PDF without a page."""
    return make_raw_pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>")


def compress_repeated(piece: bytes, times: int) -> bytes:
    """Return a stream that unpacks to the piece, repeated. Its checksum is wrong, but no reader gets that far."""
    packer = zlib.compressobj(9)
    head = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)  # after a full flush all pieces pack alike
    return head + packed * (times - 1) + packer.flush()


def make_flate_bomb(megabytes: int = 1_024) -> bytes:
    """Return a PDF of 1 MB whose page has so many megabytes of drawing."""
    stream = compress_repeated(b"0 0 m " * 174_763, megabytes)
    return make_raw_pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(stream), stream),
    )


def make_image_bomb() -> bytes:
    """Return a PDF of 1 MB whose one page shows a picture of 30000 x 30000 pixels."""
    stream = compress_repeated(b"\x80" * 1_000_000, 900)
    return make_raw_pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</P 5 0 R>>>>>>",
        b"<</Length 25>>stream\n595 0 0 842 0 0 cm /P Do \nendstream",
        b"<</Type/XObject/Subtype/Image/Width 30000/Height 30000/ColorSpace/DeviceGray/BitsPerComponent 8"
        b"/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(stream), stream),
    )


def make_png_chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def make_png_bomb(side: int = 60_000) -> bytes:
    """Return a PNG of a few hundred bytes that claims to have so many rows and columns."""
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + make_png_chunk(b"IHDR", head)
        + make_png_chunk(b"IDAT", zlib.compress(b"\x00" * 99))
        + make_png_chunk(b"IEND", b"")
    )


def make_picture(*lines: str, kind: str = "PNG", turned: int = 0) -> bytes:
    """Return a small picture with lines of text."""
    page = samples.draw_scan(lines, skew=0, width=700)
    return encode_picture(page.rotate(turned, expand=True), kind)


def encode_picture(page: Image.Image, kind: str, *more: Image.Image) -> bytes:
    """Return a picture as a file. A TIFF may have several pages."""
    out = BytesIO()
    if more:
        page.save(out, kind, save_all=True, append_images=more)
    else:
        page.save(out, kind)
    return out.getvalue()
