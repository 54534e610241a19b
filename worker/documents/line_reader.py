"""Read the images of lines with models of RapidOCR, each line by itself, in the width that it needs.

It replaces the package's own reader, which knows one model. Libraries are imported late, because the
worker imports this module and must not load them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    type Pixels = NDArray[Any]

_HEIGHT: Final = 48  # pixels that the model reads
_MIN_WIDTH: Final = 48
_SPACE_FACTOR: Final = 4  # a space that is a quarter as likely as none is one: two words in one are worse
_PERCENTILES: Final = (1, 99)  # darker and brighter pixels are noise
PALE: Final = 0.65  # contrast: scans of offices have 0.77 and more, photos in bad light 0.55 and less
_STEP: Final = 3  # pixels of a page; every third one tells as much
_SQUARE: Final = 24  # of those: two lines of text
_INKED_PERCENTILE: Final = 95  # one square in twenty has text, unless the page is almost empty


@dataclass(frozen=True)
class LineModel:
    """A session of ONNX Runtime, its characters, and the share of a line's width that it reads."""

    session: Any  # the library has no types
    characters: Sequence[str]
    narrowing: float

    @classmethod
    def open(cls, content: bytes, narrowing: float) -> "LineModel":
        """Load a model."""
        import onnxruntime  # type: ignore[import-untyped] # noqa: PLC0415 see the module's first lines

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # a child has one processor
        options.log_severity_level = 4
        options.enable_cpu_mem_arena = False  # lines of many widths would have it reserve ever more
        # Its rules for quantized models would part the operators that it can join.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        listed = session.get_modelmeta().custom_metadata_map["character"].splitlines()
        return cls(session, ("", *listed, " "), narrowing)

    def read(self, line: "Pixels") -> tuple[str, float]:
        """Return the text of a gray line, and the mean of its letters' probabilities."""
        import numpy as np  # noqa: PLC0415 as above

        (chances,) = self.session.run(None, {self.session.get_inputs()[0].name: self._prepare(line)})[0]
        spaces = chances[:, -1] * _SPACE_FACTOR  # the last character
        best = np.where(spaces > chances[:, :-1].max(axis=1), len(self.characters) - 1, chances.argmax(axis=1))
        starts = best > 0
        starts[1:] &= best[1:] != best[:-1]  # a letter is seen several times; between two equal ones is none
        if not starts.any():
            return "", 0.0
        text = "".join(self.characters[number] for number in best[starts])
        return text, float(np.mean(chances.max(axis=1)[starts]))

    def _prepare(self, line: "Pixels") -> "Pixels":
        """Return the model's input: the line as three equal colors from -1 to 1, narrowed, padded with gray."""
        import cv2  # noqa: PLC0415 as above
        import numpy as np  # noqa: PLC0415

        height, width = line.shape
        narrow = max(1, ceil(_HEIGHT * width / height * self.narrowing))
        gray = cv2.resize(line, (narrow, _HEIGHT)).astype(np.float32) / 127.5 - 1
        padded = np.pad(gray, ((0, 0), (0, max(0, _MIN_WIDTH - narrow))))
        return np.broadcast_to(padded, (1, 3, *padded.shape))


@dataclass(frozen=True)
class LineReader:
    """Reads most lines with the cheap model, and pale ones with the exact one, which loses fewer letters there."""

    cheap: LineModel
    exact: LineModel

    def read(self, line: "Pixels") -> tuple[str, float]:
        """Return a line's text, and the mean of its letters' probabilities."""
        gray = line if line.ndim == 2 else line[..., 0]  # noqa: PLR2004 its colors are equal
        return (self.exact if measure_contrast(gray.reshape(1, -1))[0] < PALE else self.cheap).read(gray)


def measure_contrast(gray: "Pixels") -> "Pixels":
    """Return how much darker the ink is than the paper around it, from 0 to 1, for each row of pixels."""
    import numpy as np  # noqa: PLC0415 as above

    dark, bright = np.percentile(gray, _PERCENTILES, axis=1)
    contrast: Pixels = (bright - dark) / np.maximum(bright, 1)
    return contrast


def is_pale(page: "Image") -> bool:
    """Whether a page has pale ink, or hardly any: it is measured in squares, because a page may be dark on one side."""
    import numpy as np  # noqa: PLC0415 as above

    gray = np.asarray(page)[::_STEP, ::_STEP]
    down, across = (side // _SQUARE for side in gray.shape)
    squares = gray[: down * _SQUARE, : across * _SQUARE].reshape(down, _SQUARE, across, _SQUARE).swapaxes(1, 2)
    rows = squares.reshape(-1, _SQUARE**2) if squares.size else gray.reshape(1, -1)
    return float(np.percentile(measure_contrast(rows), _INKED_PERCENTILE)) < PALE
