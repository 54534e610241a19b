"""Tesseract's language data, which no package of ours brings: a run without it says so, loudly."""

from typing import Final

import pytest

from worker.documents.choice import RAPIDOCR, Choice, NotInstalled, Recognizer, choose

WITHOUT: Final = "TESSERACT NOT TESTED: its language data is not here. Debian has it as tesseract-ocr-eng."


def _chosen(recognizer: Recognizer) -> Choice | None:
    try:
        return choose(recognizer)
    except NotInstalled:
        return None


TESSERACT, MIXED = _chosen(Recognizer.TESSERACT), _chosen(Recognizer.MIXED)
needs_tesseract = pytest.mark.skipif(TESSERACT is None, reason=WITHOUT)
EVERY_CHOICE = [
    pytest.param(RAPIDOCR, id="rapidocr"),
    pytest.param(TESSERACT, id="tesseract", marks=needs_tesseract),
    pytest.param(MIXED, id="mixed", marks=needs_tesseract),
]
