"""RapidOCR with its settings, within the memory of a child process. Its models come with its package.

It finds the lines; line_reader.py reads them, with the model that rapidocr_models.py makes of the package's.
Its libraries are imported late, because the worker imports this module and must not load them.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from contract.engines import Alphabet

from .rapidocr_models import open_reader
from .reading_order import OcrLine, RecognizeLines

if TYPE_CHECKING:
    from PIL.Image import Image

_MAX_SIDE: Final = 2_000  # pixels: A4 at 200 dpi is 2339 high; more costs memory and finds no more
_MAX_PIXELS: Final = 2_900_000  # A4 in that size. A square page would need a quarter of a gigabyte more
_DETECTION_SIDE: Final = 1_280  # pixels: in a smaller copy the edges of lines are found less exactly, and letters cut
_MIN_SIDE: Final = 736  # pixels: RapidOCR enlarges what is smaller, and a narrow strip to any size
_OUT_OF_MEMORY: Final = ("bad_alloc", "Insufficient memory", "Failed to allocate")
_SETTINGS: Final = {
    "Global.use_cls": False,  # it turns lines of dense pages upside down, with high confidence
    "Global.max_side_len": _MAX_SIDE,
    "Global.log_level": "error",
    "Det.limit_type": "max",
    "Det.limit_side_len": _DETECTION_SIDE,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,  # a child has one processor, and its memory is limited
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}

type ReadLine = Callable[["Image"], tuple[str, float]]  # text and confidence of one line


@dataclass(frozen=True)
class RapidOcr:
    """Finds and reads the lines of a page, or reads the image of one line."""

    recognize: RecognizeLines
    read_line: ReadLine


def load(alphabet: Alphabet = Alphabet.LATIN) -> RapidOcr:
    """Load the models, so that processes forked from this one have them. No thread is started."""
    import numpy as np  # noqa: PLC0415 see the module's first lines
    from rapidocr.ch_ppocr_rec import TextRecInput, TextRecOutput  # noqa: PLC0415

    engine, reader = make_engine(), open_reader(alphabet)

    def read_lines(request: TextRecInput) -> TextRecOutput:
        lines = [request.img] if isinstance(request.img, np.ndarray) else request.img or []
        texts, scores = zip(*map(reader.read, lines), strict=True)
        none: Any = (None,) * len(lines)  # positions of letters
        return TextRecOutput(lines, texts, list(scores), none)

    engine.text_rec = read_lines  # in place of its own, which it would load with the first line
    return adapt(engine)


def make_engine(**settings: object) -> Any:  # noqa: ANN401 the library has few types
    """Return the package's own engine with our settings, and these."""
    import cv2  # noqa: PLC0415 as above
    from rapidocr import RapidOCR  # noqa: PLC0415

    cv2.setNumThreads(1)
    return RapidOCR(params=_SETTINGS | settings)


def adapt(engine: Any) -> RapidOcr:  # noqa: ANN401 as above
    """Return functions that call the engine, whose models are loaded now."""
    import numpy as np  # noqa: PLC0415 as above
    from PIL.Image import new as new_image  # noqa: PLC0415
    from rapidocr.ch_ppocr_rec import TextRecOutput  # noqa: PLC0415
    from rapidocr.utils.output import RapidOCROutput  # noqa: PLC0415

    engine._load_det_model()  # noqa: SLF001 it would load it with the first page

    def recognize(image: "Image") -> list[OcrLine]:
        with rapidocr_errors(Exception):  # each library has its own
            output = engine(np.asarray(fit_size(image)), use_det=True)  # the engine keeps the last call's options
        assert isinstance(output, RapidOCROutput)  # as opposed to its output without detection
        if output.boxes is None or output.txts is None or output.scores is None:
            return []
        boxes = (output.boxes / _scale_of(image)).tolist()
        found = zip(boxes, output.txts, output.scores, strict=True)
        return [OcrLine((a, b, c, d), text, float(score)) for (a, b, c, d), text, score in found]

    def read_line(image: "Image") -> tuple[str, float]:
        with rapidocr_errors(Exception):  # each library has its own
            output = engine(np.asarray(image), use_det=False)
        assert isinstance(output, TextRecOutput)
        return (output.txts[0], float(output.scores[0])) if output.txts else ("", 0.0)

    blank = new_image("L", (_MIN_SIDE, _MIN_SIDE), "white")
    recognize(blank)  # loads the model that finds lines, and the next the one that reads them
    read_line(blank)
    return RapidOcr(recognize, read_line)


def fit_size(image: "Image") -> "Image":
    """Return an image in a size that RapidOCR takes without resizing it."""
    from PIL import Image, ImageOps  # noqa: PLC0415 as above

    scale = _scale_of(image)
    width, height = (max(1, int(side * scale)) for side in image.size)
    smaller = image if scale == 1 else image.resize((width, height), Image.Resampling.BOX, reducing_gap=2)
    # White on the right and below keeps all coordinates.
    return ImageOps.expand(smaller, (0, 0, max(0, _MIN_SIDE - width), max(0, _MIN_SIDE - height)), fill=255)


def _scale_of(image: "Image") -> float:
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
