"""A worker whose OCR takes no time: what remains is the other cost of a long document."""

import logging
import os
from dataclasses import replace

from contract.reading import PageText, TextSource
from worker.bootstrap import open_ports, worker_process
from worker.documents.document_reader import DocumentReader
from worker.documents.ocr import OcrRequest
from worker.settings import Settings


async def return_texts(scan: OcrRequest) -> list[PageText]:
    """Return a text for each page."""
    return [PageText(number=number, text=f"page {number}", source=TextSource.OCR) for number in scan.pages]


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)  # the bench waits for its line `ready`
    settings = Settings.from_env(os.environ)
    worker_process(settings, replace(open_ports(settings), reader=DocumentReader(engine=return_texts))).run()
