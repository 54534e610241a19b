"""The OCR engines of this machine. Tests of Tesseract skip without its language data, which is a system package."""

from typing import Final

import pytest

from contract.engines import OcrEngine
from worker.documents.ocr_engines import RAPIDOCR, EngineMissingError, OcrChoice, choose_engine

SKIP_REASON: Final = "TESSERACT NOT TESTED: its language data is not installed (Debian: tesseract-ocr-eng)."


def _choose_if_installed(engine: OcrEngine) -> OcrChoice | None:
    try:
        return choose_engine(engine)
    except EngineMissingError:
        return None


TESSERACT, MIXED = _choose_if_installed(OcrEngine.TESSERACT), _choose_if_installed(OcrEngine.MIXED)
needs_tesseract = pytest.mark.skipif(TESSERACT is None, reason=SKIP_REASON)
EVERY_CHOICE = [
    pytest.param(RAPIDOCR, id="rapidocr"),
    pytest.param(TESSERACT, id="tesseract", marks=needs_tesseract),
    pytest.param(MIXED, id="mixed", marks=needs_tesseract),
]
