"""POST /batches and POST /batches/<batchId>/cancel: records a batch, or its cancellation, durably.

The jobs of a batch are listed in the object store, because a promise holds 256 kB. Then one promise records the batch,
and a worker creates the jobs. So the answer does not wait for a thousand jobs, and none is lost if this function ends.
"""

import hashlib
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import Final

import obstore
from msgspec import json
from obstore.exceptions import BaseError

from contract.batches import (
    BatchAccepted,
    BatchJobs,
    BatchOrder,
    BatchRequest,
    BatchState,
    batch_key,
)
from contract.job import DocumentJob
from contract.names import (
    BATCH,
    BATCH_CANCEL,
    CANCEL_BATCH,
    CANCEL_BATCH_VERSION,
    DOCUMENTS_ADDRESS,
    SUBMIT_BATCH,
    SUBMIT_BATCH_VERSION,
    Tag,
    batch_cancel_id,
    batch_promise_id,
)
from durable.wire.errors import NotFound
from durable.wire.records import Promise
from durable.wire.roots import root_promise, trace_tags

from .batch_request import parse_batch, read_jobs
from .batch_status import find_batch, read_order
from .errors import store_unavailable
from .gateway import Request, Response
from .object_store import open_objects
from .ports import Ports
from .problems import batch_id_taken
from .request import refuse_parameters
from .submit import LIFETIME_MS, find_quotas

_ID_DIGITS: Final = 32  # 128 bits tell all batches apart


def answer_create(ports: Ports, request: Request) -> Response:
    """Answer one request. A repeated request finds its batch, even if its uploads or types no longer exist."""
    refuse_parameters(request.query)
    batch = parse_batch(request)
    digest = make_digest(batch)
    batch_id = batch.batch_id or f"batch-{digest[:_ID_DIGITS]}"
    ports.log.append_keys(batchId=batch_id)
    with suppress(NotFound):
        return _accept(request, ports.server.get(batch_promise_id(batch_id)), batch_id, digest)
    jobs = read_jobs(ports, request, batch, batch_id)
    problem, quotas = find_quotas(ports, batch.requester_id, len(jobs))
    if problem:
        raise problem
    order = store_jobs(ports.store_url, batch_id, digest, jobs)
    tags = {Tag.KIND: BATCH, Tag.REQUESTER: batch.requester_id, Tag.DIGEST: digest}
    promise = ports.server.create(
        root_promise(
            batch_promise_id(batch_id),
            SUBMIT_BATCH,
            order,
            version=SUBMIT_BATCH_VERSION,
            target=DOCUMENTS_ADDRESS,
            timeout_at=int(ports.clock.now() * 1_000) + LIFETIME_MS,
            tags=trace_tags(request.traceparent) | tags,
        )
    )
    ports.log.info("batch accepted", jobs=order.count)
    accepted = _accept(request, promise, batch_id, digest)
    return replace(accepted, headers={**accepted.headers, **quotas})


def answer_cancel(ports: Ports, request: Request, batch_id: str) -> Response:
    """Answer one request: a worker cancels the jobs that have not ended."""
    promise = find_batch(ports, request, batch_id)
    order = read_order(promise)
    canceled = ports.server.create(
        root_promise(
            batch_cancel_id(batch_id),
            CANCEL_BATCH,
            order,
            version=CANCEL_BATCH_VERSION,
            target=DOCUMENTS_ADDRESS,
            timeout_at=int(ports.clock.now() * 1_000) + LIFETIME_MS,
            tags={Tag.KIND: BATCH_CANCEL, Tag.REQUESTER: promise.tags[Tag.REQUESTER]},
        )
    )
    state = BatchState.CANCELED if canceled.state == "resolved" else BatchState.CANCELING
    ports.log.info("batch canceled", state=state)
    return _answer(batch_id, state, order.count)


def make_digest(batch: BatchRequest) -> str:
    """Return a hash that is equal for equal requests. The id of a manifest stands for its content."""
    values = [batch.requester_id, batch.defaults, batch.upload_id or batch.items]
    return hashlib.sha256(json.encode(values, order="deterministic")).hexdigest()


def store_jobs(store_url: str, batch_id: str, digest: str, jobs: list[DocumentJob]) -> BatchOrder:
    """List the jobs of a batch in the object store; return what its workflows are started with."""
    content = BatchJobs(jobs=jobs).to_json()
    key = batch_key(batch_id, digest)
    try:
        obstore.put(open_objects(store_url), key, content)
    except (BaseError, OSError) as error:
        raise store_unavailable() from error
    sha256 = hashlib.sha256(content).hexdigest()
    return BatchOrder(batch_id=batch_id, key=key, sha256=sha256, size=len(content), count=len(jobs))


def _accept(request: Request, promise: Promise, batch_id: str, digest: str) -> Response:
    is_own = request.caller.may_reach(promise.tags.get(Tag.REQUESTER))
    if not is_own or promise.tags.get(Tag.DIGEST) != digest:
        raise batch_id_taken(batch_id)
    state = BatchState.SUBMITTING if promise.state == "pending" else BatchState.PROCESSING
    return _answer(batch_id, state, read_order(promise).count)


def _answer(batch_id: str, state: BatchState, total: int) -> Response:
    path = f"/batches/{batch_id}"
    accepted = BatchAccepted(batch_id=batch_id, state=state, total=total, status_url=path)
    return Response(HTTPStatus.ACCEPTED, accepted, {"Location": path})
