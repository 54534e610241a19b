"""From a file to the text of its pages: the text that it carries, and recognition where it carries none.

Everything that touches the file happens in child processes with limits.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import batched
from pathlib import Path
from typing import Any, Final

from contract.reading import MediaType, PageText
from durable import JobError, Limits

from .child import limited
from .choice import RAPIDOCR, Choice
from .ocr import Scan, recognize
from .survey import MOST, Document, Stretch, glance, layers

BATCH: Final = 4  # pages a child: its start costs a second or two, a page one to four
_LONG_BATCH: Final = 8  # of a document that keeps every processor busy all the same
_AT_ONCE: Final = 4  # batches of a document that wait for slots: all of a long one would keep every other waiting
_STRETCH: Final = 500  # pages whose text is one answer
_READING: Final = Limits(memory=768 * 2**20, cpu=20, wall=240)  # 2000 pages take three seconds
# A page that is turned four times takes 20 s. The limit counts address space, of which both recognitions together touch
# 0.65 GB at most: pictures of many sizes have RapidOCR reserve more, and eight such pages reached a gigabyte.
_SEEING: Final = Limits(memory=1_536 * 2**20, cpu=_LONG_BATCH * 45, wall=_LONG_BATCH * 180)

type TellPages = Callable[[int, int], None]  # pages that are read, of all pages
type See = Callable[[Scan], Coroutine[Any, Any, list[PageText]]]

# Two of the calls that a document is read with, each in a child of its own.
layers_in_child = partial(limited, layers, limits=_READING)
see_in_child: See = partial(limited, recognize, limits=_SEEING)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """All pages of a file, and whether it was damaged and had to be repaired."""

    pages: tuple[PageText, ...]
    repaired: bool = False

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know who relies on the text."""
        return ("the document is damaged and was repaired: parts of it may be missing",) if self.repaired else ()


@dataclass(frozen=True, kw_only=True)
class Carried:
    """What a file carries as text, and the pages that somebody must look at."""

    pages: int
    layers: tuple[PageText, ...]
    unread: tuple[int, ...] = ()
    repaired: bool = False

    def completed(self, others: Iterable[PageText]) -> Reading:
        """Return the whole document, with the pages that were looked at."""
        pages = sorted((*self.layers, *others), key=lambda page: page.number)
        return Reading(pages=tuple(pages), repaired=self.repaired)


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
    """Reads files of at most so many pages, by the recognition that was chosen."""

    most: int = MOST
    choice: Choice = RAPIDOCR
    see: See = see_in_child

    async def __call__(self, file: Path, media_type: MediaType, tell: TellPages) -> tuple[PageText, ...]:
        """Return all pages of a file, and tell how far it is meanwhile."""
        return (await self.read(file, media_type, tell)).pages

    async def read(self, file: Path, media_type: MediaType, tell: TellPages, *, password: str | None = None) -> Reading:
        """Return all pages, and what is to be said of them."""
        carried = await self.carried(file, media_type, password=password)
        count = _Count(carried.pages, tell)
        count.add(len(carried.layers))
        scans = [self._scan(file, media_type, some, password) for some in batches(carried.unread)]
        return carried.completed(await self._recognized(scans, count))

    async def carried(self, file: Path, media_type: MediaType, *, password: str | None = None) -> Carried:
        """Return the text that is there, and which pages have none."""
        return await _carried(Document(path=str(file), media_type=media_type, most=self.most, password=password))

    async def looked_at(
        self, file: Path, media_type: MediaType, pages: tuple[int, ...], *, password: str | None = None
    ) -> list[PageText]:
        """Return these pages, recognized by one child."""
        return await self.see(self._scan(file, media_type, pages, password))

    def _scan(self, file: Path, media_type: MediaType, pages: tuple[int, ...], password: str | None) -> Scan:
        return Scan(path=str(file), media_type=media_type, choice=self.choice, pages=pages, password=password)

    async def _recognized(self, scans: Sequence[Scan], count: _Count) -> list[PageText]:
        """Recognize pages in several children at a time."""
        gate = asyncio.Semaphore(_AT_ONCE)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._seen(scan, gate, count)) for scan in scans]
        except* JobError as found:
            raise _first(found) from None
        return [page for task in tasks for page in task.result()]

    async def _seen(self, scan: Scan, gate: asyncio.Semaphore, count: _Count) -> list[PageText]:
        async with gate:
            pages = await self.see(scan)
        count.add(len(pages))
        return pages


def batches(numbers: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Return pages as children read them: many in one of a long document, and in several of a short one."""
    size = max(BATCH, min(_LONG_BATCH, len(numbers) // _AT_ONCE))
    return batched(numbers, size, strict=False)


async def _carried(document: Document) -> Carried:
    """Find out, of a short document by one child."""
    seen = await limited(glance, document, _READING)
    found, layers = seen.survey, list(seen.layers or ())
    if seen.layers is None:
        for first in range(1, found.pages + 1, _STRETCH):
            last = min(first + _STRETCH - 1, found.pages)
            layers += await layers_in_child(Stretch(document=document, first=first, last=last))
    return Carried(
        pages=found.pages,
        layers=tuple(layers),
        unread=found.unread,
        repaired=found.repaired,
    )


def _first(found: BaseExceptionGroup[JobError]) -> JobError:
    error = found.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
