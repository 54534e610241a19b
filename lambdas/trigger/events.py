"""GET /jobs/<jobId>/events: what happened in a job, as a log that is read by cursor.

The first and the last event are made of the job's promise. Those between are hints of its workers, and never its state.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from contract.answers import STATES
from contract.events import DEFAULT_EVENTS, MAX_EVENTS, Cursor, Event, EventKind, JobEvents
from contract.times import format_ms
from durable.wire.records import Promise

from .errors import bad_request, store_unavailable
from .event_log import EventLog
from .gateway import Request, Response
from .job_access import find_job
from .list_query import Reader, make_limit_reader, parse_parameters
from .ports import Ports
from .progress_store import ProgressError
from .status import make_poll_headers


def answer(ports: Ports, request: Request, job_id: str) -> Response:
    """Answer one request. The promise is read before the log, which then has all events of a job that has ended."""
    values = parse_parameters(request.query, _READERS)
    after, limit = values.get("after"), values.get("limit", DEFAULT_EVENTS)
    promise = find_job(ports, request, job_id)
    events = list_events(ports, promise, job_id, after, limit)
    place = events[-1].id if events else str(after or Cursor())
    headers = {} if len(events) == limit else make_poll_headers(ports, promise)
    return Response(HTTPStatus.OK, JobEvents(job_id=job_id, events=tuple(events), next=place), headers)


def list_events(ports: Ports, promise: Promise, job_id: str, after: Cursor | None, limit: int) -> list[Event]:
    """Return up to `limit` events behind the cursor; without one, from the beginning."""
    if after and after.is_end:
        return []
    first = [] if after else [_describe_start(promise)]
    try:
        log = EventLog(ports.progress.store, job_id, after or Cursor())
        events = first + log.read(limit, ports.clock.now())
    except ProgressError as error:
        ports.log.exception("events cannot be read")
        raise store_unavailable() from error
    if promise.settled_at is not None and len(events) < limit:
        place = Cursor.parse(events[-1].id) if events else after or Cursor()
        events.append(_describe_end(promise, place))
    return events[:limit]


def _describe_start(promise: Promise) -> Event:
    return Event(id=str(Cursor()), at=format_ms(promise.created_at), kind=EventKind.ACCEPTED)


def _describe_end(promise: Promise, place: Cursor) -> Event:
    end = Cursor(fence=place.fence, number=place.number, batch_pages=place.batch_pages, is_end=True)
    at = format_ms(promise.settled_at or 0)
    return Event(id=str(end), at=at, kind=EventKind.ENDED, state=STATES[promise.state])


def _read_after(name: str, value: str) -> Cursor:
    try:
        return Cursor.parse(value)
    except ValueError as error:
        raise bad_request(f"{name} must be the id of an event, or the next of an earlier answer") from error


_READERS: Final[Mapping[str, Reader]] = {"after": _read_after, "limit": make_limit_reader(MAX_EVENTS)}
