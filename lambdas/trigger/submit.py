"""POST /process-document: the job is recorded durably, and only then answered."""

from typing import Final

from contract.answers import Accepted
from contract.job import DocumentJob, DocumentRequest
from contract.names import JOB, PROCESS_DOCUMENT, VERSION, Tag, promise_id
from wire.client import Client
from wire.requests import PromiseCreate

from .creation import creation
from .problems import other_job
from .states import state_of

# A root promise's deadline cannot be moved: it is only the net under the work deadline, which the workflow keeps.
LIFETIME_MS: Final = 30 * 24 * 3600 * 1000


def submit(request: DocumentRequest, engine: Client, *, now_ms: int) -> Accepted:
    """Create the job's promise, or find the one that a former request created."""
    job = request.to_job()
    promise = engine.create(_creation(job, now_ms))
    if promise.tags.get(Tag.DIGEST) != job.digest():
        raise other_job(job.job_id)
    return Accepted(
        job_id=job.job_id,
        status_url=f"/status/{job.job_id}",
        message="Processing in background. Poll statusUrl for results.",
        state=state_of(promise),
    )


def _creation(job: DocumentJob, now_ms: int) -> PromiseCreate:
    return creation(
        promise_id(job.job_id),
        job,
        workflow=PROCESS_DOCUMENT,
        version=VERSION,
        timeout_at=now_ms + LIFETIME_MS,
        tags={Tag.KIND: JOB, Tag.TYPE: job.type, Tag.REQUESTER: job.requester_id, Tag.DIGEST: job.digest()},
    )
