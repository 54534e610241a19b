"""The operations on batches."""

from http import HTTPStatus

from contract.batches import Batch, BatchAccepted, BatchRequest

from .exchange import Operation, Request
from .sending import ask


def submit_batch(batch: BatchRequest) -> Operation[BatchAccepted]:
    """Record many jobs. The same batch again is the same one."""
    request = Request(method="POST", path="/batches", body=batch.to_json())
    accepted: BatchAccepted = yield from ask(request, BatchAccepted, HTTPStatus.ACCEPTED)
    return accepted


def batch(batch_id: str) -> Operation[Batch]:
    """Return how many jobs of a batch are in which state."""
    found: Batch = yield from ask(Request(method="GET", path=f"/batches/{batch_id}"), Batch)
    return found


def cancel_batch(batch_id: str) -> Operation[BatchAccepted]:
    """Cancel the jobs of a batch that have not ended."""
    request = Request(method="POST", path=f"/batches/{batch_id}/cancel")
    accepted: BatchAccepted = yield from ask(request, BatchAccepted, HTTPStatus.ACCEPTED)
    return accepted
