"""Pictures by Pillow, in child processes only. What they claim to be is checked before anything is decoded."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from contract.codes import Code
from durable import PermanentError

if TYPE_CHECKING:
    from PIL.Image import Image

_PIXELS: Final = 50_000_000  # of a picture; A4 at 600 dpi has 35 million
_SIDE: Final = 3_000  # pixels: the recognition looks at 2000


def count(image: "Image") -> int:
    """Return how many pages it has: a TIFF holds a whole fax."""
    return int(getattr(image, "n_frames", 1))


def size(image: "Image", number: int) -> tuple[int, int]:
    """Return a frame's sides, without decoding it."""
    image.seek(number - 1)
    return image.size


@contextmanager
def opened(path: str) -> "Iterator[Image]":
    """Open a picture, and tell what is wrong with it in our codes."""
    from PIL import Image  # noqa: PLC0415 the worker imports this module too, and must not carry the library

    Image.MAX_IMAGE_PIXELS = _PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)  # it only warns up to twice the limit
            with Image.open(path, formats=("PNG", "JPEG", "TIFF", "WEBP")) as image:
                yield image
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as exc:
        raise PermanentError(Code.TOO_COMPLEX, f"a picture has more than {_PIXELS} pixels") from exc
    except (OSError, SyntaxError, ValueError) as exc:  # what its readers raise for rubbish
        reason = str(exc).replace(f" {path!r}", "")  # where we keep it is nobody's business
        raise PermanentError(Code.DAMAGED, f"the picture cannot be read: {reason}") from exc


def frame(image: "Image", number: int) -> "Image":
    """Return a frame in gray, upright, and no larger than of use."""
    from PIL import Image, ImageOps  # noqa: PLC0415 as above

    image.seek(number - 1)
    image.draft("L", (_SIDE, _SIDE))  # a large photo is decoded small in the first place
    gray = _flat(ImageOps.exif_transpose(image)).convert("L")
    gray.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
    return gray


def _flat(image: "Image") -> "Image":
    """Return it on white: what is transparent would become black, as the letters are."""
    from PIL import Image  # noqa: PLC0415 as above

    if not image.has_transparency_data:
        return image
    layered = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), layered)
