"""Find the lines of a gray page with RapidOCR's model, and cut them out.

It replaces the package's own code around the model, which calculates three equal colors, and the sizes of all lines
twice. What makes boxes of the model's answer is the package's. Libraries are imported late, as in line_reader.py.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .onnx_session import open_session

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Pixels = NDArray[Any]
    type Box = NDArray[Any]  # four corners, clockwise from the upper left one

_MAX_SIDE: Final = 1_280  # pixels: in a smaller copy the edges of lines are found less exactly, and letters cut
_STEP: Final = 32  # pixels: the model halves both sides five times
_MARGIN: Final = 2  # pixels that are cut out at both ends: a letter that touches the edge is misread


@dataclass(frozen=True)
class LineFinder:
    """A session of ONNX Runtime, and what makes boxes of its answer."""

    session: Any  # the library has no types
    make_boxes: Any  # as above

    @classmethod
    def open(cls, content: bytes) -> "LineFinder":
        """Load the model."""
        from rapidocr.ch_ppocr_det.utils import DBPostProcess  # noqa: PLC0415 see the module's first lines

        # The package's own settings: its class has others.
        make_boxes = DBPostProcess(thresh=0.3, box_thresh=0.5, unclip_ratio=1.6, use_dilation=True)
        return cls(open_session(content), make_boxes)

    def find(self, page: "Pixels") -> "list[Box]":
        """Return the boxes of the lines on a gray page, from top to bottom."""
        from rapidocr.ch_ppocr_det import TextDetector  # noqa: PLC0415 as above

        (chances,) = self.session.run(None, {"x": prepare_page(page)})
        boxes, _ = self.make_boxes(chances, page.shape)
        return list(TextDetector.sorted_boxes(boxes))


def prepare_page(page: "Pixels") -> "Pixels":
    """Return the model's input: the page in a size that the model takes, in gray from -1 to 1."""
    import cv2  # noqa: PLC0415 as above
    import numpy as np  # noqa: PLC0415

    height, width = page.shape
    scale = min(1, _MAX_SIDE / max(page.shape))
    size = [max(_STEP, round(int(side * scale) / _STEP) * _STEP) for side in (width, height)]
    return (cv2.resize(page, size).astype(np.float32) / 127.5 - 1)[np.newaxis, np.newaxis]


def cut_line(page: "Pixels", box: "Box") -> "Pixels":
    """Return the image of a line, upright."""
    import numpy as np  # noqa: PLC0415 as above
    from rapidocr.utils.process_img import get_rotate_crop_image  # noqa: PLC0415

    corners = np.asarray(box, np.float32)
    along = corners[1] - corners[0]
    along *= _MARGIN / max(1, np.linalg.norm(along))
    line: Pixels = get_rotate_crop_image(page, corners + np.array((-along, along, along, -along)))
    return line
