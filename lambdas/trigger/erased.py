"""Refuses to show an erased job: the server keeps its record for some time, with the result."""

from contextlib import suppress

from contract.names import PROMISE_PREFIX, erasure_id
from contract.times import format_ms
from durable.wire.client import Client
from durable.wire.errors import NotFound
from durable.wire.records import Promise

from .errors import job_erased


def raise_if_erased(promise: Promise, server: Client) -> None:
    """Raise ProblemError for the promise of a job that was erased: only one that has ended can be."""
    if promise.state == "pending":
        return
    job_id = promise.id.removeprefix(PROMISE_PREFIX)
    with suppress(NotFound):
        raise job_erased(job_id, format_ms(server.get(erasure_id(job_id)).created_at))
