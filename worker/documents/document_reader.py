"""Read a file's pages: the text that they carry, and OCR for those that carry none.

All work on the file happens in child processes with limits.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import batched
from pathlib import Path
from typing import Any, Final

from contract.reading import MediaType, PageText
from durable import JobError, Limits

from .child import run_document_child
from .ocr import OcrRequest, recognize
from .ocr_engines import RAPIDOCR, OcrChoice
from .survey import (
    MAX_PAGES,
    SHORT_PAGES,
    DocumentFile,
    DocumentText,
    PageRange,
    TextLayerScan,
    read_text_layers,
    survey,
)

BATCH_PAGES: Final = 4  # of one child: its start takes a second or two, a page one to four
_LONG_BATCH_PAGES: Final = 8  # of a document that keeps every processor busy all the same
_MIN_BATCHES: Final = 4  # of a document, before batches get longer
_RANGE_PAGES: Final = 500  # pages whose text is one answer of a child
_SURVEY_LIMITS: Final = Limits(memory=768 * 2**20, cpu=20, wall=240)  # 2000 pages take three seconds
# A page that is turned four times takes 20 s. The limit counts address space, of which both engines together touch
# 0.65 GB at most: images of many sizes have RapidOCR reserve more, and eight such pages reached a gigabyte.
_OCR_LIMITS: Final = Limits(memory=1_536 * 2**20, cpu=_LONG_BATCH_PAGES * 45, wall=_LONG_BATCH_PAGES * 180)

type TellPages = Callable[[int, int], None]  # pages that are read, of all pages
type RecognizePages = Callable[[OcrRequest], Coroutine[Any, Any, list[PageText]]]

# Two of the calls that a document is read with, each in a child of its own.
read_text_layers_in_child = partial(run_document_child, read_text_layers, limits=_SURVEY_LIMITS)
recognize_in_child: RecognizePages = partial(run_document_child, recognize, limits=_OCR_LIMITS)


@dataclass
class _Count:
    """How far the reading is; whoever asked is told of each step."""

    of: int
    tell: TellPages
    done: int = field(default=0)

    def add(self, pages: int) -> None:
        self.done += pages
        self.tell(self.done, self.of)


@dataclass(frozen=True, kw_only=True)
class DocumentReader:
    """Reads files of at most `max_pages` pages with the chosen OCR engine."""

    max_pages: int = MAX_PAGES
    choice: OcrChoice = RAPIDOCR
    engine: RecognizePages = recognize_in_child

    async def __call__(self, file: Path, media_type: MediaType, tell: TellPages) -> tuple[PageText, ...]:
        """Return all pages of a file, and tell how far it is meanwhile."""
        return (await self.read(file, media_type, tell)).pages

    async def read(
        self, file: Path, media_type: MediaType, tell: TellPages, *, password: str | None = None
    ) -> DocumentText:
        """Return all pages, and what is to be said of them."""
        scan = await self.scan_text_layers(file, media_type, password=password)
        count = _Count(scan.pages, tell)
        count.add(len(scan.layers))
        requests = [self._request(file, media_type, some, password) for some in split_batches(scan.unread)]
        return scan.with_pages(await self._recognized(requests, count))

    async def scan_text_layers(
        self, file: Path, media_type: MediaType, *, password: str | None = None
    ) -> TextLayerScan:
        """Return the text that pages carry, and the numbers of the pages that need OCR."""
        document = DocumentFile(path=str(file), media_type=media_type, max_pages=self.max_pages, password=password)
        scan = await run_document_child(survey, document, _SURVEY_LIMITS)
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
        return await self.engine(self._request(file, media_type, pages, password))

    def _request(self, file: Path, media_type: MediaType, pages: tuple[int, ...], password: str | None) -> OcrRequest:
        return OcrRequest(path=str(file), media_type=media_type, choice=self.choice, pages=pages, password=password)

    async def _recognized(self, scans: Sequence[OcrRequest], count: _Count) -> list[PageText]:
        """Recognize pages in several children at a time."""
        gate = asyncio.Semaphore(_MIN_BATCHES)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._seen(scan, gate, count)) for scan in scans]
        except* JobError as found:
            raise _first(found) from None
        return [page for task in tasks for page in task.result()]

    async def _seen(self, scan: OcrRequest, gate: asyncio.Semaphore, count: _Count) -> list[PageText]:
        async with gate:
            pages = await self.engine(scan)
        count.add(len(pages))
        return pages


def split_batches(pages: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Split pages into batches for child processes: short ones, so that a short document keeps several busy."""
    size = max(BATCH_PAGES, min(_LONG_BATCH_PAGES, len(pages) // _MIN_BATCHES))
    return batched(pages, size, strict=False)


def _first(found: BaseExceptionGroup[JobError]) -> JobError:
    error = found.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
