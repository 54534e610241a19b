"""Reads the events that workers wrote about a job, from a cursor on."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from contract.answers import PageCount
from contract.events import Cursor, DeliveryLog, Event, EventKind, Segment, StoredEvent, parse_segment_key
from contract.progress import parse_progress_key
from contract.times import format_seconds

from .progress_store import ProgressStore, count_batch_pages

_LIVE: Final = 1 << 62  # the number of a delivery's own object, which comes after all of its segments


@dataclass(frozen=True, order=True)
class _Source:
    """An object with events: its delivery, and the number of its last event as far as the key tells."""

    fence: int
    last: int
    key: str


class EventLog:
    """The log of one job, read once."""

    def __init__(self, store: ProgressStore, job_id: str, after: Cursor) -> None:
        self._store: Final = store
        self._job_id: Final = job_id
        self._after: Final = after
        self._keys: Sequence[str] = ()
        self._total: PageCount | None = None

    def read(self, limit: int, now: float) -> list[Event]:
        """Return up to `limit` events behind the cursor, in their order. Raises ProgressError."""
        events = self._read_events(limit)
        if events is None:  # a worker moved events to a segment after the objects were listed
            events = self._read_events(limit, accept_gaps=True) or []
        described = [_describe(event, cursor) for cursor, event in events]
        place = events[-1][0] if events else self._after
        count = count_batch_pages(self._keys)
        if len(events) < limit and self._total and count > place.batch_pages:
            described.append(_describe_batches(place, count, self._total, now))
        return described

    def _read_events(self, limit: int, *, accept_gaps: bool = False) -> list[tuple[Cursor, StoredEvent]] | None:
        """Return the events, each with the place behind it; None if some are missing between two."""
        events: list[tuple[Cursor, StoredEvent]] = []
        fence, number = self._after.fence, self._after.number
        self._keys = self._store.list_keys(self._job_id)
        for source in sorted(_find_sources(self._keys)):
            if (source.fence, source.last) <= (fence, number) or len(events) >= limit:
                continue
            if source.fence > fence:
                fence, number = source.fence, 0
            for event in self._read_source(source):
                if event.number > number + 1 and not accept_gaps:
                    return None
                if event.number > number:
                    number = event.number
                    events.append((Cursor(fence=fence, number=number, batch_pages=self._after.batch_pages), event))
        return events[:limit]

    def _read_source(self, source: _Source) -> tuple[StoredEvent, ...]:
        """Return the events of an object; none if another release has written it in another form."""
        content = self._store.read(source.key)
        with suppress(ValueError):
            if source.last != _LIVE:
                return Segment.from_json(content).events
            log = DeliveryLog.from_json(content)
            self._total = log.pages or self._total
            return log.events
        return ()


def _find_sources(keys: Sequence[str]) -> Iterator[_Source]:
    for key in keys:
        if (fence := parse_progress_key(key)) is not None:
            yield _Source(fence, _LIVE, key)
        elif (segment := parse_segment_key(key)) is not None:
            yield _Source(*segment, key)


def _describe(event: StoredEvent, cursor: Cursor) -> Event:
    return Event(
        id=str(cursor),
        at=format_seconds(event.at),
        kind=event.kind,
        step=event.step,
        attempt=event.attempt,
        outcome=event.outcome,
        code=event.code,
        seconds=event.seconds,
        pages=event.pages,
        text=event.text,
        answer=event.answer,
        decision=event.decision,
        until=None if event.until is None else format_seconds(event.until),
    )


def _describe_batches(place: Cursor, count: int, total: PageCount, now: float) -> Event:
    """Describe the pages that workers have read in batches, beside those that the job's own worker has read."""
    cursor = Cursor(fence=place.fence, number=place.number, batch_pages=count)
    pages = PageCount(done=min(total.done + count, total.of), of=total.of)
    return Event(id=str(cursor), at=format_seconds(now), kind=EventKind.PAGES, pages=pages)
