"""Functions that child processes run for the tests. They import what a worker's child imports, and no more."""

from pathlib import Path

from worker.documents.ocr import OcrRequest, recognize


def count_threads(request: OcrRequest) -> int:
    """Recognize a page, and return the number of this process's threads."""
    assert recognize(request)[0].text
    return len(list(Path("/proc/self/task").iterdir()))
