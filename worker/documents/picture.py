"""Read images with Pillow, in child processes only. Their claimed size is checked before they are decoded."""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from contract.codes import Code
from durable import PermanentError

from .parser_errors import PARSER_ERRORS

if TYPE_CHECKING:
    from PIL.Image import Image

_MAX_PIXELS: Final = 50_000_000  # A4 at 600 dpi has 35 million
_MAX_SIDE: Final = 3_000  # pixels: OCR uses 2000


def count_frames(image: "Image") -> int:
    """Return the number of pages: a TIFF holds a whole fax, but a photo its own copies, and a WebP an animation."""
    return int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1


def size_of_frame(image: "Image", number: int) -> tuple[int, int]:
    """Return a frame's width and height, without decoding it."""
    image.seek(number - 1)
    return image.size


def read_frame(image: "Image", number: int) -> "Image":
    """Return a frame in gray, upright, and no larger than OCR can use."""
    from PIL import Image, ImageOps  # noqa: PLC0415 as below

    image.seek(number - 1)
    image.draft("L", (_MAX_SIDE, _MAX_SIDE))  # decodes a large photo at a reduced size
    gray = _put_on_white(ImageOps.exif_transpose(image)).convert("L")
    gray.thumbnail((_MAX_SIDE, _MAX_SIDE), Image.Resampling.BOX)
    return gray


def draw_frame(image: "Image", number: int, max_pixels: int) -> "Image":
    """Return a frame in color, upright, and no larger than people need."""
    from PIL import Image, ImageOps  # noqa: PLC0415 as below

    image.seek(number - 1)
    upright = _put_on_white(ImageOps.exif_transpose(image)).convert("RGB")
    scale = min(1.0, math.sqrt(max_pixels / max(upright.width * upright.height, 1)))
    upright.thumbnail((math.ceil(upright.width * scale), math.ceil(upright.height * scale)), Image.Resampling.BOX)
    return upright


def _put_on_white(image: "Image") -> "Image":
    """Replace transparency by white: it would become black like the letters."""
    from PIL import Image  # noqa: PLC0415 as below

    if not image.has_transparency_data:
        return image
    layered = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), layered)


@contextmanager
def open_picture(path: str) -> "Iterator[Image]":
    """Open an image file."""
    from PIL import Image  # noqa: PLC0415 the worker imports this module, and must not load the library

    with _pillow_errors(path):
        Image.MAX_IMAGE_PIXELS = _MAX_PIXELS
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)  # Pillow only warns up to twice the limit
            with Image.open(path, formats=("PNG", "JPEG", "TIFF", "WEBP")) as image:
                yield image


@contextmanager
def _pillow_errors(path: str) -> Iterator[None]:
    """Raise `document_too_complex` for a decompression bomb, and `document_damaged` for an unreadable image."""
    from PIL import Image  # noqa: PLC0415 as above

    try:
        yield
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as exc:
        raise PermanentError(Code.TOO_COMPLEX, f"a picture has more than {_MAX_PIXELS} pixels") from exc
    except PARSER_ERRORS as exc:
        reason = str(exc).replace(f" {path!r}", "")  # the path is internal
        raise PermanentError(Code.DAMAGED, f"the picture cannot be read: {reason}") from exc
