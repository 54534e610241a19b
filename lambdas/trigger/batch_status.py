"""GET /batches/<batchId>: the state of a batch, and how many of its jobs are in which state.

The jobs themselves are a list of their own: GET /jobs?batch=<batchId>.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from msgspec import convert

from contract.answers import STATES, JobState
from contract.batches import Batch, BatchOrder, BatchReceipt, BatchState, ItemState
from contract.keeper import StateCountQuery, StateCounts
from contract.names import Tag, batch_cancel_id, batch_promise_id, promise_id
from contract.times import format_ms
from durable.wire.client import Client
from durable.wire.errors import NotFound
from durable.wire.records import Promise

from .gateway import Request, Response
from .job_access import find_reachable
from .keeper_client import ask_keepers
from .ports import Ports
from .problems import no_batch
from .request import refuse_parameters
from .status import choose_poll_seconds

_ENDED_STATES: Final = (BatchState.ENDED, BatchState.CANCELED, BatchState.FAILED)
_OPEN_ITEMS: Final = (ItemState.SUBMITTING, JobState.PROCESSING, JobState.WAITING, JobState.NEEDS_REVIEW)


def answer(ports: Ports, request: Request, batch_id: str) -> Response:
    """Answer one request; `Retry-After` says when to ask again about a batch that has not ended."""
    refuse_parameters(request.query)
    promise = find_batch(ports, request, batch_id)
    batch = describe_batch(ports, promise, batch_id)
    if batch.state in _ENDED_STATES:
        return Response(HTTPStatus.OK, batch)
    seconds = choose_poll_seconds(ports.clock.now() - promise.created_at / 1_000)
    return Response(HTTPStatus.OK, batch, {"Retry-After": str(seconds)})


def find_batch(ports: Ports, request: Request, batch_id: str) -> Promise:
    """Return the promise of a batch that the caller may reach. Raises a problem if there is none."""
    ports.log.append_keys(batchId=batch_id)
    if promise := find_reachable(ports, request, batch_id, batch_promise_id(batch_id)):
        return promise
    raise no_batch(batch_id)


def read_order(promise: Promise) -> BatchOrder:
    """Return the argument of a batch's workflow."""
    return convert(promise.param.decode()["args"][0], BatchOrder)


def describe_batch(ports: Ports, promise: Promise, batch_id: str) -> Batch:
    """Return the batch of a promise."""
    order = read_order(promise)
    receipt = convert(promise.value.decode(), BatchReceipt) if promise.state == "resolved" else BatchReceipt()
    counts = _count_items(ports, order, receipt)
    return Batch(
        batch_id=batch_id,
        state=_choose_state(promise, _read_cancel(ports.server, batch_id), counts),
        requester_id=promise.tags.get(Tag.REQUESTER, ""),
        created_at=format_ms(promise.created_at),
        total=order.count,
        counts={str(state): count for state, count in counts.items() if count},
        existing=receipt.existing,
        refused=receipt.refused,
        jobs=f"/jobs?batch={batch_id}",
    )


def _count_items(ports: Ports, order: BatchOrder, receipt: BatchReceipt) -> Mapping[str, int]:
    """Return how many items are in which state. Those without a job yet are being submitted."""
    counts = Counter[str]()
    for own in ask_keepers(ports, StateCountQuery(batch=order.batch_id), StateCounts):
        counts.update({str(state): count for state, count in own.counts.items()})
    counts.update(STATES[ports.server.get(promise_id(job_id)).state] for job_id in receipt.existing)
    counts[ItemState.REFUSED] = len(receipt.refused)
    counts[ItemState.SUBMITTING] = order.count - counts.total()
    return counts


def _read_cancel(server: Client, batch_id: str) -> Promise | None:
    with suppress(NotFound):
        return server.get(batch_cancel_id(batch_id))
    return None


def _choose_state(promise: Promise, cancel: Promise | None, counts: Mapping[str, int]) -> BatchState:
    if cancel:
        return BatchState.CANCELED if cancel.state == "resolved" else BatchState.CANCELING
    match promise.state:
        case "pending":
            return BatchState.SUBMITTING
        case "rejected" | "rejected_timedout":
            return BatchState.FAILED
        case "rejected_canceled":  # by an operator, on the server
            return BatchState.CANCELED
        case "resolved":
            pass
    return BatchState.PROCESSING if any(counts[state] for state in _OPEN_ITEMS) else BatchState.ENDED
