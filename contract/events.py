"""The events of a job, as a log that clients read by cursor: a hint. Only the promise has the job's state.

Each delivery of a job to a worker numbers its events and writes them beside its progress. An event's id is the position
after it: the delivery's fence, the event's number, and the number of pages that other workers had read.
"""

import re
from enum import StrEnum
from typing import Final, Self

from .answers import JobState, PageCount
from .api_value import ApiValue
from .progress import DeliveryProgress, progress_prefix

MAX_EVENTS: Final = 500  # in one answer
DEFAULT_EVENTS: Final = 100
END: Final = "-end"  # ends the cursor after the last event of an ended job
CURSOR: Final = rf"[0-9]{{1,10}}-[0-9]{{1,10}}-[0-9]{{1,10}}({END})?"
_SEGMENT_KEY: Final = re.compile(r"/progress/events/(\d+)-(\d+)\.json$")


class EventKind(StrEnum):
    """What happened."""

    ACCEPTED = "accepted"
    STEP_STARTED = "step_started"
    STEP_FINISHED = "step_finished"
    PAGES = "pages"  # pages were read
    WAIT = "wait"  # a person is asked
    MESSAGE = "message"  # what a step wrote
    TEXT = "text"  # a piece of what a model answers
    ENDED = "ended"


class StoredEvent(ApiValue, frozen=True, kw_only=True):
    """An event as a worker writes it; `number` is its position among those of its delivery, from 1."""

    number: int
    at: float  # seconds since 1970
    kind: EventKind
    step: str
    attempt: int | None = None
    outcome: str | None = None  # how the attempt ended: done, retrying, failed or stopped
    code: str | None = None
    seconds: float | None = None
    pages: PageCount | None = None
    text: str | None = None
    answer: int | None = None  # the number of the model's answer in this attempt, from 1
    decision: str | None = None
    until: float | None = None


class Segment(ApiValue, frozen=True):
    """Events of one delivery that no longer fit beside its progress."""

    events: tuple[StoredEvent, ...] = ()


class DeliveryLog(DeliveryProgress, frozen=True):
    """The progress of one delivery with its newest events. A reader of the progress alone skips them."""

    events: tuple[StoredEvent, ...] = ()


class Event(ApiValue, frozen=True, kw_only=True):
    """An event as clients read it; fields without a value are omitted."""

    id: str
    at: str  # ISO 8601, UTC
    kind: EventKind
    step: str | None = None
    attempt: int | None = None
    outcome: str | None = None
    code: str | None = None
    seconds: float | None = None
    pages: PageCount | None = None
    text: str | None = None
    answer: int | None = None
    decision: str | None = None
    until: str | None = None
    state: JobState | None = None  # the state of the job, if it has ended


class JobEvents(ApiValue, frozen=True, kw_only=True):
    """200: events in their order. `next` is the cursor for `after` that continues behind them."""

    job_id: str
    events: tuple[Event, ...]
    next: str


class Cursor(ApiValue, frozen=True, kw_only=True):
    """A position in the log. Nothing follows the end."""

    fence: int = 0
    number: int = 0
    batch_pages: int = 0
    is_end: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` writes. Raises ValueError."""
        if not re.fullmatch(CURSOR, text):
            raise ValueError(text)
        fence, number, pages = text.removesuffix(END).split("-")
        return cls(fence=int(fence), number=int(number), batch_pages=int(pages), is_end=text.endswith(END))

    def __str__(self) -> str:
        return f"{self.fence}-{self.number}-{self.batch_pages}{END if self.is_end else ''}"


def segment_key(job_id: str, fence: int, last: int) -> str:
    """Return the key of a segment; `last` is the number of its last event. Sorted keys are in the order of time."""
    return f"{progress_prefix(job_id)}events/{fence:010}-{last:010}.json"


def parse_segment_key(key: str) -> tuple[int, int] | None:
    """Return fence and last number of a segment; None for another key."""
    match = _SEGMENT_KEY.search(key)
    return (int(match[1]), int(match[2])) if match else None
