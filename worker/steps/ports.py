"""What the steps need from outside. `worker.bootstrap` opens it; tests replace it."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from contract.names import NOTICES, Step
from contract.notice import AnyNotice
from contract.progress import Wait
from contract.reading import MediaType, PageText
from durable import RootPromise, current_run
from worker.adapters.eraser import Erase
from worker.adapters.object_store import Store
from worker.analysis.analyzer import Analyzer
from worker.analysis.schema import Schemas, read_schemas
from worker.costs.meter import METER, Meter
from worker.documents.survey import TextLayerScan
from worker.sources.download_permits import DownloadPermits

_HOUR_SECONDS: Final = 3_600.0  # more than the slowest attempt of a step takes
_DAY_SECONDS: Final = 86_400.0

type Read = Callable[[str], AsyncGenerator[bytes]]
type Post = Callable[[str, str, bytes], Awaitable[int]]  # url, key and body of an event; its status
type Send = Callable[[AnyNotice], Awaitable[None]]
type MakeLink = Callable[[str], str | None]  # to the page of a decision, by its id
type Now = Callable[[], float]


def read_clock() -> float:
    """Return the time by the clock of the running worker, which is that of the server."""
    return current_run().tools.clock.now()


def make_no_link(_: str) -> None:
    """Make no link: this deployment has no key for it."""


class ReadPages(Protocol):
    """Reads a file on this machine; a password opens it if it is locked."""

    async def scan_text_layers(self, file: Path, media_type: MediaType, *, password: str | None) -> TextLayerScan:
        """Return the text layers, and which pages have none."""

    async def recognize(
        self, file: Path, media_type: MediaType, pages: tuple[int, ...], *, password: str | None
    ) -> list[PageText]:
        """Return these pages, recognized by one child."""

    async def draw(self, file: Path, media_type: MediaType, number: int, *, password: str | None) -> bytes | None:
        """Return a page as people see it, as WebP; None if there is no such page."""


class Progress(Protocol):
    """What a running job reports for its status and its events. It has no effect on the job."""

    def report_pages(self, job_id: str, done: int, total: int) -> None:
        """Report how many pages the running step has read."""

    def report_message(self, job_id: str, text: str) -> None:
        """Report what the running step says: a line, or a piece of a text as it comes."""

    def report_text(self, job_id: str, text: str, answer: int) -> None:
        """Report a piece of what a model answers; `answer` is the number of the answer in this attempt."""

    def report_batch(self, job_id: str, first: int, count: int) -> None:
        """Report that a worker has read a batch of pages."""

    async def report_wait(self, job_id: str, step: Step, wait: Wait) -> None:
        """Report what the job waits for before a step; raise unless the report was written."""


class Jobs(Protocol):
    """Starts and cancels jobs, wherever they belong. A worker's `tools.promises` does so on its own server."""

    async def start(self, root: RootPromise) -> None:
        """Start a job, unless its id is known already."""

    async def claim(self, root: RootPromise, *, is_run: bool = True) -> Mapping[str, str]:
        """Start a job unless its id is known already, or only take its id; return the tags of its promise."""

    async def cancel(self, promise_id: str) -> None:
        """Cancel a job, unless it has ended or does not exist."""


class NoProgress:
    """Reports nothing."""

    def report_pages(self, job_id: str, done: int, total: int) -> None:
        """Do nothing."""

    def report_message(self, job_id: str, text: str) -> None:
        """Do nothing."""

    def report_text(self, job_id: str, text: str, answer: int) -> None:
        """Do nothing."""

    def report_batch(self, job_id: str, first: int, count: int) -> None:
        """Do nothing."""

    async def report_wait(self, job_id: str, step: Step, wait: Wait) -> None:
        """Do nothing."""


NO_PROGRESS: Final = NoProgress()


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Everything that a step reaches beyond its arguments."""

    read: Read
    store: Store
    reader: ReadPages
    analyzer: Analyzer
    send: Send
    erase: Erase
    post: Post
    max_bytes: int
    max_work_seconds: float
    downloads: DownloadPermits
    progress: Progress = NO_PROGRESS
    meter: Meter = METER
    max_wait_seconds: float = 7 * _DAY_SECONDS  # for a person's decision
    notices_group: str = NOTICES  # whose workers send notices
    now: Now = read_clock
    schemas: Schemas = field(default_factory=read_schemas)  # a reviewer's corrections fit the type's
    make_link: MakeLink = make_no_link
    cell_jobs: Jobs | None = None  # of all cells; None: the worker's own server has all jobs

    @property
    def jobs(self) -> Jobs:
        """What a step starts other jobs with."""
        return self.cell_jobs or current_run().tools.promises

    @property
    def min_run_seconds(self) -> float:
        """The seconds of work that a late run has in any case: time in which no worker ran does not count."""
        return min(_HOUR_SECONDS, self.max_work_seconds)
