"""RapidOCR as its package ships it, for comparison: all letters, in floats, in the full width of a line.

Libraries are imported late: when the variables that keep them from starting threads are set.
"""

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract.reading import PageText
from durable import Preload
from worker.documents.document_reader import OCR_BYTES, run_document_child
from worker.documents.ocr import LIBRARY_VARIABLES, OcrRequest, PageLimits, recognize_with
from worker.documents.rapidocr import fit_size, scale_of
from worker.documents.reading_order import OcrLine

if TYPE_CHECKING:
    from PIL.Image import Image

_SETTINGS = {
    "Global.use_cls": False,  # it turns lines of dense pages upside down, with high confidence
    "Global.max_side_len": 2_000,
    "Global.log_level": "error",
    "Det.limit_type": "max",
    "Det.limit_side_len": 1_280,
    "Rec.rec_batch_num": 1,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}
_PRELOAD = Preload(name="shipped", works=(f"{__name__}:recognize_as_shipped",), hooks=((f"{__name__}:load_shipped",),))


async def recognize_in_child(request: OcrRequest) -> list[PageText]:
    """Recognize pages in a child process that is forked with the package's models in memory."""
    limits = PageLimits().of_child(len(request.pages), memory=OCR_BYTES)
    folder = Path(request.path).parent
    return await run_document_child(recognize_as_shipped, request, limits, folder=folder, preload=_PRELOAD)


def recognize_as_shipped(request: OcrRequest) -> list[PageText]:
    """Return the text of the pages."""
    import numpy as np  # noqa: PLC0415 see the module's first lines
    from rapidocr.utils.output import RapidOCROutput  # noqa: PLC0415

    engine = load_shipped()

    def recognize(image: "Image") -> list[OcrLine]:
        output = engine(np.asarray(fit_size(image)), use_det=True)  # it keeps the last call's options
        assert isinstance(output, RapidOCROutput)
        if output.boxes is None or output.txts is None or output.scores is None:
            return []
        boxes = (output.boxes / scale_of(image)).tolist()
        found = zip(boxes, output.txts, output.scores, strict=True)
        return [OcrLine((a, b, c, d), text, float(score)) for (a, b, c, d), text, score in found]

    return recognize_with(recognize, request)


@cache
def load_shipped() -> Any:  # noqa: ANN401 the library has few types
    """Load the package's models."""
    os.environ.update(LIBRARY_VARIABLES)
    import cv2  # noqa: PLC0415 see the module's first lines
    import numpy as np  # noqa: PLC0415
    from rapidocr import RapidOCR  # noqa: PLC0415

    cv2.setNumThreads(1)
    engine = RapidOCR(params=_SETTINGS)
    engine(np.full((800, 800), 255, np.uint8))  # it loads a model with the first page,
    engine(np.full((48, 320), 255, np.uint8), use_det=False)  # and the other with the first line
    return engine
