"""Functions that child processes run for the tests. They import what a worker's child imports, and no more."""

from pathlib import Path

from contract.reading import PageText
from worker.documents.ocr import OcrRequest, recognize, recognize_with


def count_threads(request: OcrRequest) -> int:
    """Recognize a page, and return the number of this process's threads."""
    assert recognize(request)[0].text
    return len(list(Path("/proc/self/task").iterdir()))


def render_only(request: OcrRequest) -> list[PageText]:
    """Render pages as for an OCR engine, and load none."""
    return recognize_with(lambda _image: [], request)
