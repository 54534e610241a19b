"""From a file to the text of its pages: the text that it carries, and recognition where it carries none.

Everything that touches the file happens in child processes with limits.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from typing import Final

from contract.result import MediaType, PageText, TextSource
from durable.children import Limits
from durable.errors import JobError
from worker.telling import TellPages

from .child import limited
from .ocr import Scan, recognize
from .pdf import Pdf, text_layers
from .picture import Picture, count_frames

_ENOUGH: Final = 30  # characters: less is a stamp or a page number on a scan
_BATCH: Final = 4  # pages a child: its start costs a second, a page five to ten
_AT_ONCE: Final = 4  # batches of a document that wait for slots: all of a long one would keep every other waiting
_READING: Final = Limits(memory=768 * 2**20, cpu=60, wall=240)  # 500 pages take half a second
_SEEING: Final = Limits(memory=1_536 * 2**20, cpu=_BATCH * 90, wall=_BATCH * 360)  # a dense page takes ten seconds


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
class Reader:
    """Reads files of at most so many pages."""

    most: int = 2_000

    async def __call__(self, file: Path, media_type: MediaType, tell: TellPages) -> tuple[PageText, ...]:
        """Return all pages of a file, and tell how far it is meanwhile."""
        if media_type is MediaType.PDF:
            layers = await limited(text_layers, Pdf(path=str(file), most=self.most), _READING)
        else:
            layers = [""] * await limited(count_frames, Picture(path=str(file), most=self.most), _READING)
        pages = {
            number: PageText(number=number, text=text, source=TextSource.TEXT_LAYER)
            for number, text in enumerate(layers, start=1)
            if len(text) >= _ENOUGH
        }
        count = _Count(len(layers), tell)
        count.add(len(pages))
        missing = [number for number in range(1, len(layers) + 1) if number not in pages]
        for seen in await _recognized(file, media_type, missing, count):
            pages[seen.number] = _better(seen, layers[seen.number - 1])
        return tuple(pages[number] for number in sorted(pages))


def _better(seen: PageText, carried: str) -> PageText:
    """Return what was seen, unless the little that the page carries is all of it: that is spelled right."""
    if len(seen.text) > len(carried) or not carried:
        return seen
    return PageText(number=seen.number, text=carried, source=TextSource.TEXT_LAYER)


async def _recognized(file: Path, media_type: MediaType, numbers: Sequence[int], count: _Count) -> list[PageText]:
    """Recognize pages in several children at a time."""
    gate = asyncio.Semaphore(_AT_ONCE)
    scans = [Scan(path=str(file), media_type=media_type, pages=some) for some in batched(numbers, _BATCH, strict=False)]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_see(scan, gate, count)) for scan in scans]
    except* JobError as found:
        raise _first(found) from None
    return [page for task in tasks for page in task.result()]


async def _see(scan: Scan, gate: asyncio.Semaphore, count: _Count) -> list[PageText]:
    async with gate:
        pages = await limited(recognize, scan, _SEEING)
    count.add(len(pages))
    return pages


def _first(found: BaseExceptionGroup[JobError]) -> JobError:
    error = found.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
