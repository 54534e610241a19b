"""Read a document through the port that the worker's extract steps use: its text layers, then OCR batch by batch."""

import asyncio
from itertools import chain
from pathlib import Path

from contract.reading import MediaType
from worker.documents.document_reader import DocumentReader, split_batches
from worker.documents.survey import DocumentText


async def read_document(
    reader: DocumentReader, file: Path, media_type: MediaType, *, password: str | None = None
) -> DocumentText:
    """Return all pages. Batches run in parallel, as many as there are slots for child processes."""
    scan = await reader.scan_text_layers(file, media_type, password=password)
    batches = (reader.recognize(file, media_type, pages, password=password) for pages in split_batches(scan.unread))
    return scan.with_pages(chain.from_iterable(await asyncio.gather(*batches)))
