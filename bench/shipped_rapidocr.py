"""RapidOCR as its package ships it, for comparison: all letters, in floats, in the full width of a line."""

import os
from functools import cache
from pathlib import Path

from contract.reading import PageText
from durable import Preload
from worker.documents import rapidocr
from worker.documents.document_reader import OCR_BYTES, run_document_child
from worker.documents.ocr import LIBRARY_VARIABLES, OcrRequest, PageLimits, recognize_with
from worker.documents.rapidocr import RapidOcr

_SETTINGS = {"Rec.rec_batch_num": 1}  # as the worker used it
_PRELOAD = Preload(name="shipped", works=(f"{__name__}:recognize_as_shipped",), hooks=((f"{__name__}:load_shipped",),))


async def recognize_in_child(request: OcrRequest) -> list[PageText]:
    """Recognize pages in a child process that is forked with the package's models in memory."""
    limits = PageLimits().of_child(len(request.pages), memory=OCR_BYTES)
    folder = Path(request.path).parent
    return await run_document_child(recognize_as_shipped, request, limits, folder=folder, preload=_PRELOAD)


def recognize_as_shipped(request: OcrRequest) -> list[PageText]:
    """Return the text of the pages."""
    return recognize_with(load_shipped().recognize, request)


@cache
def load_shipped() -> RapidOcr:
    """Load the package's models."""
    os.environ.update(LIBRARY_VARIABLES)
    return rapidocr.adapt(rapidocr.make_engine(**_SETTINGS))
