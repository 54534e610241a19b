"""Read a file's pages: their own text, or by OCR if they carry none.

All work on the file happens in child processes with limits.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from pathlib import Path
from typing import Any, Final

from contract.codes import Code
from contract.reading import MediaType, PageText
from durable import ErrorCode, Limits, PermanentError, Preload, run_in_child
from worker.preloads import DOCUMENTS, preload_ocr

from .ocr import OcrRequest, PageLimits, recognize
from .ocr_engines import RAPIDOCR, OcrChoice
from .page_drawing import DrawRequest, draw_page
from .survey import (
    MAX_PAGES,
    SHORT_PAGES,
    DocumentFile,
    PageRange,
    TextLayerScan,
    read_text_layers,
    survey,
)

BATCH_PAGES: Final = 4  # pages that one child reads: its start takes a second or two, a page one to four
_LONG_BATCH_PAGES: Final = 8  # pages of a batch in a document that is long enough to keep every processor busy
_MIN_BATCHES: Final = 4  # batches that a document has before they get longer
_RANGE_PAGES: Final = 500  # pages whose text is one answer of a child
_SURVEY_LIMITS: Final = Limits(memory=768 * 2**20, cpu=20, wall=120)  # 2000 pages take three seconds
# The limit counts address space. Both engines together use 0.65 GB at most, but RapidOCR reserves more for images of
# many sizes: eight such pages reached a gigabyte.
OCR_BYTES: Final = 1_536 * 2**20
_PAGE_LIMITS: Final = PageLimits()
_DRAW_LIMITS: Final = Limits(memory=768 * 2**20, cpu=25, wall=120)  # an A4 page takes a tenth of a second
_LIMIT_CODES: Final = {
    ErrorCode.CHILD_MEMORY,
    ErrorCode.CHILD_CPU,
    ErrorCode.CHILD_TIMEOUT,  # raised only if it happened twice
    ErrorCode.CHILD_FILE_SIZE,
    ErrorCode.CHILD_ANSWER,
    ErrorCode.CHILD_CRASHED,  # pdfium aborts when memory is short
}

type RecognizePages = Callable[[OcrRequest], Coroutine[Any, Any, list[PageText]]]


async def run_document_child[A, R](
    work: Callable[[A], R], request: A, limits: Limits, *, folder: Path | None = None, preload: Preload = DOCUMENTS
) -> R:
    """Call a function in a child process, which can use files in the folder only; without one it needs no file.

    It raises `document_too_complex` if the child exceeds the limits.
    """
    folders = (folder,) if folder else ()
    try:
        return await run_in_child(work, request, limits=limits, preload=preload, folders=folders)
    except PermanentError as exc:
        if exc.code not in _LIMIT_CODES:
            raise
        raise PermanentError(Code.TOO_COMPLEX, f"reading the document exceeds a limit: {exc.message}") from exc


async def read_text_layers_in_child(pages: PageRange) -> list[PageText]:
    """Return the pages of the range that carry text."""
    folder = Path(pages.document.path).parent
    return await run_document_child(read_text_layers, pages, _SURVEY_LIMITS, folder=folder)


async def recognize_in_child(request: OcrRequest) -> list[PageText]:
    """Recognize pages in a child process, which is forked with the engine's models in memory."""
    choice = request.choice
    preload = preload_ocr(choice.engine, choice.tessdata, choice.alphabet)
    folder = Path(request.path).parent
    limits = _PAGE_LIMITS.of_child(len(request.pages), memory=OCR_BYTES)
    limited = replace(request, limits=_PAGE_LIMITS)
    return await run_document_child(recognize, limited, limits, folder=folder, preload=preload)


@dataclass(frozen=True, kw_only=True)
class DocumentReader:
    """Reads files of at most `max_pages` pages with the chosen OCR engine."""

    max_pages: int = MAX_PAGES
    choice: OcrChoice = RAPIDOCR
    engine: RecognizePages = recognize_in_child

    async def scan_text_layers(
        self, file: Path, media_type: MediaType, *, password: str | None = None
    ) -> TextLayerScan:
        """Return the text that pages carry, and the numbers of the pages that need OCR."""
        document = DocumentFile(path=str(file), media_type=media_type, max_pages=self.max_pages, password=password)
        scan = await run_document_child(survey, document, _SURVEY_LIMITS, folder=file.parent)
        if scan.pages <= SHORT_PAGES:
            return scan
        layers: list[PageText] = []
        for first in range(1, scan.pages + 1, _RANGE_PAGES):
            last = min(first + _RANGE_PAGES - 1, scan.pages)
            layers += await read_text_layers_in_child(PageRange(document=document, first=first, last=last))
        return replace(scan, layers=tuple(layers))

    async def recognize(
        self, file: Path, media_type: MediaType, pages: tuple[int, ...], *, password: str | None = None
    ) -> list[PageText]:
        """Return the text of these pages, read by the OCR engine in one batch."""
        request = OcrRequest(path=str(file), media_type=media_type, choice=self.choice, pages=pages, password=password)
        return await self.engine(request)

    async def draw(
        self, file: Path, media_type: MediaType, number: int, *, password: str | None = None
    ) -> bytes | None:
        """Return a page as people see it, as WebP; None if there is no such page."""
        image = file.with_name("drawn.webp")
        request = DrawRequest(
            path=str(file), image_path=str(image), media_type=media_type, number=number, password=password
        )
        is_drawn = await run_document_child(draw_page, request, _DRAW_LIMITS, folder=file.parent)
        return await asyncio.to_thread(image.read_bytes) if is_drawn else None


def split_batches(pages: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Split pages into batches for child processes: short ones, so that a short document keeps several busy."""
    size = max(BATCH_PAGES, min(_LONG_BATCH_PAGES, len(pages) // _MIN_BATCHES))
    return batched(pages, size, strict=False)
