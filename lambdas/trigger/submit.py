"""POST /process-document: records the job durably, and only then answers."""

from contextlib import suppress
from typing import Final

from contract.answers import STATES, Accepted
from contract.job import DocumentJob
from contract.names import DOCUMENTS_ADDRESS, JOB, PROCESS_DOCUMENT, VERSION, Tag, promise_id
from durable.wire.client import Client
from durable.wire.clock import Clock
from durable.wire.errors import NotFound
from durable.wire.roots import root_promise, trace_tags

from .errors import job_id_taken

# The deadline of a root promise cannot be changed, so it is only a safety net: the workflow keeps the work deadline.
LIFETIME_MS: Final = 30 * 24 * 3600 * 1000


def submit(job: DocumentJob, server: Client, clock: Clock, *, traceparent: str | None = None) -> Accepted:
    """Create the job's promise, or find the one that the same request created before."""
    digest = job.digest()
    promise = server.create(
        root_promise(
            promise_id(job.job_id),
            PROCESS_DOCUMENT,
            job,
            version=VERSION,
            target=DOCUMENTS_ADDRESS,
            timeout_at=int(clock.now() * 1_000) + LIFETIME_MS,
            tags=trace_tags(traceparent)
            | {Tag.KIND: JOB, Tag.TYPE: job.type, Tag.REQUESTER: job.requester_id, Tag.DIGEST: digest},
        )
    )
    if promise.tags.get(Tag.DIGEST) != digest:
        raise job_id_taken(job.job_id)
    return Accepted(
        job_id=job.job_id,
        status_url=f"/status/{job.job_id}",
        message="Processing in background. Poll statusUrl for results.",
        state=STATES[promise.state],
    )


def is_recorded(job: DocumentJob, server: Client) -> bool:
    """Whether the same request created a job before."""
    with suppress(NotFound):
        return server.get(promise_id(job.job_id)).tags.get(Tag.DIGEST) == job.digest()
    return False
