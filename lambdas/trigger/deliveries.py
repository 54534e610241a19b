"""GET /jobs/<jobId>/deliveries and POST .../<eventId>/redeliver: the deliveries of a job's events.

The log is read from the deliveries' own records: each delivery is a job of its own, and each attempt is a call of it.
Another delivery of an event is a job of its own, too, with the request of the first one, which alone has the receiver's
URL.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from contract.codes import UNEXPECTED_CODE
from contract.delivery_log import (
    LIFETIME_SECONDS,
    MAX_DELIVERIES,
    DeliveryAttempt,
    DeliveryState,
    EventDeliveries,
    EventDelivery,
    event_type,
    parse_status_code,
)
from contract.names import DELIVERY, DELIVERY_PREFIX, Tag, delivery_id
from contract.times import format_ms, format_seconds
from durable.history import Operation, list_operations
from durable.wire.call_record import CallKind
from durable.wire.client import Client
from durable.wire.records import Promise, error_text
from durable.wire.requests import TARGET, PromiseCreate, PromiseSearch
from durable.wire.roots import root_tags

from .gateway import Request, Response
from .job_access import find_job
from .ports import Ports
from .problems import event_not_found, too_many_deliveries

_PAGE_SIZE: Final = 1_000  # the server's maximum
_STATES: Final = {"pending": DeliveryState.PENDING, "resolved": DeliveryState.DELIVERED}


@dataclass(frozen=True)
class _Delivery:
    """A delivery's promise, with the event and the number that are in its id."""

    promise: Promise
    event: str
    number: int


def answer_log(ports: Ports, request: Request, job_id: str) -> Response:
    """Answer a request for the deliveries of a job's events."""
    find_job(ports, request, job_id)
    found = _find_deliveries(job_id, ports.server)
    log = EventDeliveries(job_id=job_id, deliveries=tuple(_describe(one, ports.server) for one in found))
    return Response(HTTPStatus.OK, log)


def answer_redeliver(ports: Ports, request: Request, job_id: str, event: str) -> Response:
    """Answer a request to deliver an event again. While a delivery of it is pending, the answer is that one."""
    find_job(ports, request, job_id)
    found = [one for one in _find_deliveries(job_id, ports.server) if one.event == event]
    if not found:
        raise event_not_found(job_id, event)
    last = max(found, key=lambda one: one.number)
    if last.promise.state != "pending":
        if last.number >= MAX_DELIVERIES:
            raise too_many_deliveries(event, MAX_DELIVERIES)
        last = _deliver_again(last, ports)
    ports.log.info("redelivered", event=event, number=last.number)
    return Response(HTTPStatus.ACCEPTED, _describe(last, ports.server))


def _deliver_again(last: _Delivery, ports: Ports) -> _Delivery:
    """Start the next delivery of an event. Two requests at once start one: its id has its number."""
    number = last.number + 1
    promise_id = delivery_id(last.event, number)
    ours = {name: value for name, value in last.promise.tags.items() if not name.startswith("resonate:")}
    request = PromiseCreate(
        id=promise_id,
        timeout_at=int((ports.clock.now() + LIFETIME_SECONDS) * 1_000),
        param=last.promise.param,
        tags={**ours, **root_tags(promise_id, last.promise.tags[TARGET])},
    )
    return _Delivery(ports.server.create(request), last.event, number)


def _find_deliveries(job_id: str, server: Client) -> Sequence[_Delivery]:
    search = PromiseSearch(tags={Tag.KIND: DELIVERY, Tag.JOB: job_id}, limit=_PAGE_SIZE)
    found = map(_read_id, server.search_all(search))
    return sorted(found, key=lambda one: (one.promise.created_at, one.event, one.number))


def _read_id(promise: Promise) -> _Delivery:
    event, _, number = promise.id.removeprefix(DELIVERY_PREFIX).partition("/")
    return _Delivery(promise, event, int(number) if number.isdecimal() else 1)


def _describe(one: _Delivery, server: Client) -> EventDelivery:
    promise = one.promise
    calls = server.search_all(PromiseSearch(tags={"resonate:origin": promise.id}, limit=_PAGE_SIZE))
    operations = list_operations(promise.id, calls)
    return EventDelivery(
        event_id=one.event,
        event_type=event_type(_read_name(promise)),
        number=one.number,
        receiver=promise.tags.get(Tag.RECEIVER, ""),
        state=_STATES.get(promise.state, DeliveryState.GAVE_UP),
        created_at=format_ms(promise.created_at),
        attempts=tuple(_list_attempts(operations)),
        next_attempt_at=_find_next_attempt(operations) if promise.state == "pending" else None,
    )


def _read_name(promise: Promise) -> str:
    """Return the name of a delivery's event, which its request has."""
    try:
        return str(promise.param.decode()["args"][0]["event"]["name"])
    except (ValueError, LookupError, TypeError, RecursionError):  # no worker of ours made it
        return "unknown"


def _list_attempts(operations: Iterable[Operation]) -> Iterator[DeliveryAttempt]:
    """Yield the attempts that have ended, in their order."""
    for one in operations:
        if one.kind is not CallKind.STEP or one.settled_at is None:
            continue
        at = format_seconds(one.settled_at)
        if one.state == "resolved":
            yield DeliveryAttempt(at=at, status_code=_read_status(one.value))
        else:
            code = _read_code(error_text(one.value))
            status = parse_status_code(code)
            yield DeliveryAttempt(at=at, status_code=status, error=code if status is None else None)


def _find_next_attempt(operations: Iterable[Operation]) -> str | None:
    """Return when the next attempt is due: the delivery sleeps until then."""
    due = (one.timeout_at for one in operations if one.kind is CallKind.SLEEP and one.state == "pending")
    return next((format_seconds(at) for at in due), None)


def _read_status(value: Any) -> int | None:  # noqa: ANN401 - any JSON
    status = value.get("status") if isinstance(value, dict) else None
    return status if isinstance(status, int) else None


def _read_code(text: str | None) -> str:
    """Return the code of an error as the toolkit writes it."""
    try:
        code = str(json.loads(text or "")["code"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return UNEXPECTED_CODE
    return code if code.isascii() else UNEXPECTED_CODE
