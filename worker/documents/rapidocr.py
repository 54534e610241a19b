"""RapidOCR's models with code of our own around them, within the memory of a child process.

line_finder.py finds the lines, and line_reader.py reads them, with the models that rapidocr_models.py makes of the
package's. Libraries are imported late, because the worker imports this module and must not load them.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from contract.engines import Alphabet

from .line_finder import cut_line
from .rapidocr_models import open_finder, open_reader
from .reading_order import OcrLine, RecognizeLines

if TYPE_CHECKING:
    from PIL.Image import Image

_MAX_SIDE: Final = 2_000  # pixels: A4 at 200 dpi is 2339 high; more costs memory and finds no more
_MAX_PIXELS: Final = 2_900_000  # A4 in that size. A square page would need a quarter of a gigabyte more
_MIN_SIDE: Final = 736  # pixels: in a smaller picture the model misses lines
_MIN_CONFIDENCE: Final = 0.5  # what is read with less is rarely text
_OUT_OF_MEMORY: Final = ("bad_alloc", "Insufficient memory", "Failed to allocate")

type ReadLine = Callable[["Image"], tuple[str, float]]  # text and confidence of one line


@dataclass(frozen=True)
class RapidOcr:
    """Finds and reads the lines of a page, or reads the image of one line."""

    recognize: RecognizeLines
    read_line: ReadLine


def load(alphabet: Alphabet = Alphabet.LATIN) -> RapidOcr:
    """Load the models, so that processes forked from this one have them. No thread is started."""
    import cv2  # noqa: PLC0415 see the module's first lines
    import numpy as np  # noqa: PLC0415
    from PIL.Image import new as new_image  # noqa: PLC0415

    cv2.setNumThreads(1)
    finder, reader = open_finder(), open_reader(alphabet)

    def recognize(image: "Image") -> list[OcrLine]:
        lines = []
        with rapidocr_errors(Exception):  # each library has its own
            page, scale = np.asarray(fit_size(image)), scale_of(image)
            for box in finder.find(page):
                text, confidence = reader.read(cut_line(page, box))
                if text.strip() and confidence >= _MIN_CONFIDENCE:
                    a, b, c, d = (box / scale).tolist()
                    lines.append(OcrLine((a, b, c, d), text, confidence))
        return lines

    def read_line(image: "Image") -> tuple[str, float]:
        with rapidocr_errors(Exception):  # as above
            return reader.read(np.asarray(image))

    blank = new_image("L", (_MIN_SIDE, _MIN_SIDE), "white")
    recognize(blank)  # what a model allocates once, children share
    read_line(blank)
    return RapidOcr(recognize, read_line)


def fit_size(image: "Image") -> "Image":
    """Return an image in a size in which lines are found."""
    from PIL import Image, ImageOps  # noqa: PLC0415 see the module's first lines

    scale = scale_of(image)
    width, height = (max(1, int(side * scale)) for side in image.size)
    smaller = image if scale == 1 else image.resize((width, height), Image.Resampling.BOX, reducing_gap=2)
    # White on the right and below keeps all coordinates.
    return ImageOps.expand(smaller, (0, 0, max(0, _MIN_SIDE - width), max(0, _MIN_SIDE - height)), fill=255)


def scale_of(image: "Image") -> float:
    """Return the factor of an image's sides in that size."""
    return min(1, _MAX_SIDE / max(image.size), math.sqrt(_MAX_PIXELS / (image.width * image.height)))


@contextmanager
def rapidocr_errors(*errors: type[Exception]) -> Iterator[None]:
    """Raise MemoryError for a library's own out-of-memory errors."""
    try:
        yield
    except errors as exc:
        if any(sign in str(exc) for sign in _OUT_OF_MEMORY):
            raise MemoryError from exc
        raise
