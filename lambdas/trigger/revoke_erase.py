"""POST /jobs/<jobId>/revoke and DELETE /jobs/<jobId>: start the workflow that does it, once for each job.

From the moment that its promise exists, no route shows what is revoked or erased, however long the workers take.
"""

from http import HTTPStatus
from typing import Final

from contract.answers import STATES, JobState
from contract.ended_jobs import EndedJobRef, Erasing, Revoked
from contract.names import (
    ERASE_JOB,
    ERASE_JOB_VERSION,
    ERASURE,
    NOTICES_ADDRESS,
    REVOCATION,
    REVOKE_JOB,
    REVOKE_JOB_VERSION,
    Tag,
    erasure_id,
    revocation_id,
)
from contract.times import format_ms
from durable.wire.records import Promise
from durable.wire.requests import PromiseCreate
from durable.wire.roots import root_promise, trace_tags

from .errors import wrong_state
from .gateway import Request, Response
from .job_access import find_job, find_record
from .ports import Ports
from .submit import LIFETIME_MS

_REVOKE: Final = (REVOKE_JOB, REVOKE_JOB_VERSION, REVOCATION)
_ERASE: Final = (ERASE_JOB, ERASE_JOB_VERSION, ERASURE)


def answer_revoke(ports: Ports, request: Request, job_id: str) -> Response:
    """Answer a request to revoke a result. A repeated one finds what the first has started."""
    job = find_job(ports, request, job_id)
    state = STATES[job.state]
    if state is not JobState.DONE:
        raise wrong_state(job_id, state, "only the result of a job that is done is revoked")
    started = ports.server.create(_make_root(ports, request, job, revocation_id(job_id), _REVOKE))
    ports.log.info("revoked", by=request.caller.name)
    return Response(HTTPStatus.ACCEPTED, Revoked(job_id=job_id, revoked_at=format_ms(started.created_at)))


def answer_erase(ports: Ports, request: Request, job_id: str) -> Response:
    """Answer a request to erase a job. A repeated one finds what the first has started."""
    job = find_record(ports, request, job_id)
    if job.state == "pending":
        raise wrong_state(job_id, STATES[job.state], "cancel it before you erase it")
    started = ports.server.create(_make_root(ports, request, job, erasure_id(job_id), _ERASE))
    ports.log.info("erased", by=request.caller.name)
    return Response(HTTPStatus.ACCEPTED, Erasing(job_id=job_id, erased_at=format_ms(started.created_at)))


def _make_root(ports: Ports, request: Request, job: Promise, root_id: str, what: tuple[str, int, str]) -> PromiseCreate:
    workflow, version, kind = what
    ended = EndedJobRef(
        job_id=root_id.partition("/")[2],
        requester_id=job.tags.get(Tag.REQUESTER, ""),
        type=job.tags.get(Tag.TYPE, ""),
        receiver=job.tags.get(Tag.RECEIVER),
        by=request.caller.name,
    )
    return root_promise(
        root_id,
        workflow,
        ended,
        version=version,
        target=NOTICES_ADDRESS,
        timeout_at=int(ports.clock.now() * 1_000) + LIFETIME_MS,
        tags=trace_tags(request.traceparent)
        | {Tag.KIND: kind, Tag.JOB: ended.job_id, Tag.TYPE: ended.type, Tag.REQUESTER: ended.requester_id},
    )
