"""RapidOCR with its settings, in the memory that a child process has. Its models come with its package.

Its libraries are imported late, because the worker imports what leads here and must not carry them.
"""

import ctypes
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .reading import Line

if TYPE_CHECKING:
    from PIL.Image import Image

_LONGEST: Final = 2_000  # pixels of a side: A4 at 200 dpi is 2339 high; more costs memory and finds no more
_MOST: Final = 2_900_000  # pixels: A4 in that size. A square page would need a quarter of a gigabyte more
_SEARCHED: Final = 1_280  # pixels of a side: lines are found as well in a smaller copy, in 0.4 of the time
_LEAST: Final = 736  # pixels of a side: RapidOCR enlarges what is smaller, and a narrow strip to any size
_ARENA_MAX: Final = -8  # M_ARENA_MAX of mallopt(3)
_NO_MEMORY: Final = ("bad_alloc", "Insufficient memory", "Failed to allocate")
_SETTINGS: Final = {
    "Global.use_cls": False,  # it turns lines of dense pages upside down, and is sure of it
    "Global.max_side_len": _LONGEST,
    "Global.log_level": "error",
    "Det.limit_type": "max",
    "Det.limit_side_len": _SEARCHED,
    "Rec.rec_batch_num": 1,  # lines of different lengths are padded to one: six at a time cost 15 % more
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,  # a child has one processor, and its memory is limited
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}

type Look = Callable[["Image"], list[Line]]
type Read = Callable[["Image"], tuple[str, float]]


@dataclass(frozen=True)
class RapidOcr:
    """Finds lines on a page and reads them; or reads one that somebody else has found, and says how sure it is."""

    look: Look
    read: Read


def load() -> RapidOcr:
    """Return it, with its models in memory."""
    # The limit counts address space: an arena for every thread reserves up to 0.3 GB of it, and never the same.
    ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
    os.environ["OMP_NUM_THREADS"] = "1"
    import cv2  # noqa: PLC0415 see the module's first lines
    import numpy as np  # noqa: PLC0415
    from rapidocr import RapidOCR  # noqa: PLC0415
    from rapidocr.ch_ppocr_rec import TextRecOutput  # noqa: PLC0415
    from rapidocr.inference_engine.onnxruntime.main import ONNXRuntimeError  # noqa: PLC0415
    from rapidocr.utils.output import RapidOCROutput  # noqa: PLC0415

    cv2.setNumThreads(1)
    recognize = RapidOCR(params=_SETTINGS)

    def look(image: "Image") -> list[Line]:
        with memory_named(cv2.error, ONNXRuntimeError):
            seen = recognize(np.asarray(fitted(image)), use_det=True)  # what the last call asked for stays set
        assert isinstance(seen, RapidOCROutput)  # as opposed to what it gives when a part of it is off
        if seen.boxes is None or seen.txts is None or seen.scores is None:
            return []
        boxes = (seen.boxes / _scale_of(image)).tolist()
        found = zip(boxes, seen.txts, seen.scores, strict=True)
        return [Line((a, b, c, d), text, float(score)) for (a, b, c, d), text, score in found]

    def read(image: "Image") -> tuple[str, float]:
        with memory_named(cv2.error, ONNXRuntimeError):
            seen = recognize(np.asarray(image), use_det=False)
        assert isinstance(seen, TextRecOutput)
        return (seen.txts[0], float(seen.scores[0])) if seen.txts else ("", 0.0)

    return RapidOcr(look, read)


def fitted(image: "Image") -> "Image":
    """Return a picture in a size that RapidOCR takes as it is."""
    from PIL import Image, ImageOps  # noqa: PLC0415 as above

    scale = _scale_of(image)
    width, height = (max(1, int(side * scale)) for side in image.size)
    smaller = image if scale == 1 else image.resize((width, height), Image.Resampling.BOX, reducing_gap=2)
    # White on the right and below: places stay where they are.
    return ImageOps.expand(smaller, (0, 0, max(0, _LEAST - width), max(0, _LEAST - height)), fill=255)


def _scale_of(image: "Image") -> float:
    return min(1, _LONGEST / max(image.size), math.sqrt(_MOST / (image.width * image.height)))


@contextmanager
def memory_named(*errors: type[Exception]) -> Iterator[None]:
    """Raise MemoryError where a library has an error of its own for it, which would look like any other."""
    try:
        yield
    except errors as exc:
        if any(words in str(exc) for words in _NO_MEMORY):
            raise MemoryError from exc
        raise
