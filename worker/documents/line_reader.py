"""Read the images of lines with models of RapidOCR, each line by itself, in the width that it needs.

It replaces the package's own reader, which knows one model. Libraries are imported late, because the
worker imports this module and must not load them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from .onnx_session import open_session

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Pixels = NDArray[Any]

_HEIGHT: Final = 48  # pixels that the model reads
_MIN_WIDTH: Final = 320  # pixels: it was trained with lines of this width, and misreads what is less padded
_SPACE_FACTOR: Final = 4  # a space that is a quarter as likely as none is one: two words in one are worse
DOUBTFUL: Final = 0.75  # probability of a letter: few letters that are right are less likely, most wrong ones are


@dataclass(frozen=True)
class LineText:
    """What a model read: a text, the mean of its letters' probabilities, and the probability of the least likely."""

    text: str
    confidence: float = 0.0
    least: float = 1.0


@dataclass(frozen=True)
class LineModel:
    """A session of ONNX Runtime, its characters, and the share of a line's width that it reads."""

    session: Any  # the library has no types
    characters: Sequence[str]
    narrowing: float

    @classmethod
    def open(cls, content: bytes, narrowing: float) -> "LineModel":
        """Load a model."""
        session = open_session(content)
        listed = session.get_modelmeta().custom_metadata_map["character"].splitlines()
        return cls(session, ("", *listed, " "), narrowing)

    def read(self, line: "Pixels") -> LineText:
        """Read a gray line."""
        import numpy as np  # noqa: PLC0415 see the module's first lines

        (chances,) = self.session.run(None, {self.session.get_inputs()[0].name: self._prepare(line)})[0]
        spaces = chances[:, -1] * _SPACE_FACTOR  # the last character
        best = np.where(spaces > chances[:, :-1].max(axis=1), len(self.characters) - 1, chances.argmax(axis=1))
        starts = np.flatnonzero(np.diff(best, prepend=-1))  # a letter is seen several times in a row ...
        likely = chances.max(axis=1)
        letters = best[starts] > 0  # ... and between two equal ones is none
        if not letters.any():
            return LineText("")
        text = "".join(self.characters[number] for number in best[starts][letters])
        clearest = np.maximum.reduceat(likely, starts)[letters]
        return LineText(text, float(likely[starts][letters].mean()), float(clearest.min()))

    def _prepare(self, line: "Pixels") -> "Pixels":
        """Return the model's input: the line in gray from -1 to 1, narrowed, padded with what is between."""
        import cv2  # noqa: PLC0415 as above
        import numpy as np  # noqa: PLC0415

        height, width = line.shape
        narrow = max(1, ceil(_HEIGHT * width / height * self.narrowing))
        gray = cv2.resize(line, (narrow, _HEIGHT)).astype(np.float32) / 127.5 - 1
        return np.pad(gray, ((0, 0), (0, max(0, _MIN_WIDTH - narrow))))[np.newaxis, np.newaxis]


@dataclass(frozen=True)
class LineReader:
    """Reads each gray line with the first model, and with the next one if a letter is doubtful."""

    models: Sequence[LineModel]

    def read(self, line: "Pixels") -> tuple[str, float]:
        """Return a line's text, and the mean of its letters' probabilities."""
        found = LineText("")
        for model in self.models:
            found = model.read(line)
            if found.least >= DOUBTFUL:
                break
        return found.text, found.confidence
