"""POST /process-document: the job is recorded durably, and only then answered."""

from collections.abc import Collection
from contextlib import suppress
from typing import Final

from contract.answers import Accepted
from contract.job import DocumentJob, DocumentRequest, DocumentType
from contract.names import DOCUMENTS_ADDRESS, JOB, PROCESS_DOCUMENT, VERSION, Tag, promise_id
from wire.client import Client
from wire.errors import NotFound
from wire.records import Promise
from wire.requests import PromiseCreate
from wire.roots import root_promise

from .problems import other_job
from .reading import unknown_type
from .states import state_of

# A root promise's deadline cannot be moved: it is only the net under the work deadline, which the workflow keeps.
LIFETIME_MS: Final = 30 * 24 * 3600 * 1000


def submit(
    request: DocumentRequest, engine: Client, *, now_ms: int, types: Collection[str] = tuple(DocumentType)
) -> Accepted:
    """Create the job's promise, or find the one that a former request created; `types` are those that are known."""
    job = request.to_job()
    promise = engine.create(_creation(job, now_ms)) if job.type in types else _found(job, engine, types)
    if promise.tags.get(Tag.DIGEST) != job.digest():
        raise other_job(job.job_id)
    return Accepted(
        job_id=job.job_id,
        status_url=f"/status/{job.job_id}",
        message="Processing in background. Poll statusUrl for results.",
        state=state_of(promise),
    )


def _found(job: DocumentJob, engine: Client, types: Collection[str]) -> Promise:
    """Find the same job from when its type was known: whoever repeats its request was promised the same answer."""
    with suppress(NotFound):
        promise = engine.get(promise_id(job.job_id))
        if promise.tags.get(Tag.DIGEST) == job.digest():
            return promise
    raise unknown_type(job.type, types)


def _creation(job: DocumentJob, now_ms: int) -> PromiseCreate:
    return root_promise(
        promise_id(job.job_id),
        PROCESS_DOCUMENT,
        job,
        version=VERSION,
        target=DOCUMENTS_ADDRESS,
        timeout_at=now_ms + LIFETIME_MS,
        tags={Tag.KIND: JOB, Tag.TYPE: job.type, Tag.REQUESTER: job.requester_id, Tag.DIGEST: job.digest()},
    )
