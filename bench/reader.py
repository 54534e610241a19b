"""A worker whose recognition takes no time: what is left is what reading a long document costs beside it."""

import logging
import os
from dataclasses import replace

from contract.reading import PageText, TextSource
from worker.bootstrap import open_ports, worker_process
from worker.documents.document_reader import DocumentReader
from worker.documents.ocr import OcrRequest
from worker.settings import Settings


async def look(scan: OcrRequest) -> list[PageText]:
    """Return something for each page."""
    return [PageText(number=number, text=f"page {number}", source=TextSource.OCR) for number in scan.pages]


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)  # whoever started it waits until it says that it is ready
    settings = Settings.from_env(os.environ)
    worker_process(settings, replace(open_ports(settings), reader=DocumentReader(engine=look))).run()
