"""Tesseract's language data, which no package of ours brings: a run without it says so, loudly."""

from typing import Final

import pytest

from contract.engines import OcrEngine
from worker.documents.ocr_engines import RAPIDOCR, EngineMissingError, OcrChoice, choose_engine

WITHOUT: Final = "TESSERACT NOT TESTED: its language data is not here. Debian has it as tesseract-ocr-eng."


def _find_engine(recognizer: OcrEngine) -> OcrChoice | None:
    try:
        return choose_engine(recognizer)
    except EngineMissingError:
        return None


TESSERACT, MIXED = _find_engine(OcrEngine.TESSERACT), _find_engine(OcrEngine.MIXED)
needs_tesseract = pytest.mark.skipif(TESSERACT is None, reason=WITHOUT)
EVERY_CHOICE = [
    pytest.param(RAPIDOCR, id="rapidocr"),
    pytest.param(TESSERACT, id="tesseract", marks=needs_tesseract),
    pytest.param(MIXED, id="mixed", marks=needs_tesseract),
]
