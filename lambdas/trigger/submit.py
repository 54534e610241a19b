"""Records a job durably: what POST /process-document and POST /jobs do before they answer."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from contract.job import LIFETIME_SECONDS, DocumentJob
from contract.names import DOCUMENTS_ADDRESS, PROCESS_DOCUMENT, VERSION, Tag, promise_id
from durable.wire.client import Client
from durable.wire.clock import Clock
from durable.wire.errors import NotFound
from durable.wire.records import Promise
from durable.wire.roots import CELL_TAG, root_promise, trace_tags

from .erased import raise_if_erased
from .errors import RETRY_AFTER_SECONDS, ProblemError, job_id_taken, unavailable
from .gateway import Request
from .ports import Ports
from .request import unknown_type

LIFETIME_MS: Final = LIFETIME_SECONDS * 1_000
_NO_TAGS: Final[Mapping[str, str]] = {}
_NO_HEADERS: Final[Mapping[str, str]] = {}


def record_known_type(ports: Ports, request: Request, job: DocumentJob) -> tuple[Promise, Mapping[str, str]]:
    """Record a job; return its promise, and the headers about the requester's quotas.

    A repeated request gets the same answer, even if it would be refused by now.
    """
    problem = find_problem(ports, request, job)
    if problem and not is_recorded(job, ports.server):
        raise problem
    headers = refuse_over_quota(ports, job)
    return record_job(job, ports.server, ports.clock, traceparent=request.traceparent), headers


def find_problem(ports: Ports, request: Request, job: DocumentJob) -> ProblemError | None:
    """Return why a new job would fail for reasons outside its own fields."""
    if job.type not in ports.types:
        return unknown_type(job.type, ports.types)
    if job.upload_id is None:
        return None
    from .uploads import find_upload_problem  # noqa: PLC0415 - it imports the object store's library

    return find_upload_problem(ports, request, job.upload_id)


def refuse_over_quota(ports: Ports, job: DocumentJob) -> Mapping[str, str]:
    """Raise the problem of a new job beyond a quota of its requester; return the headers about the quotas."""
    problem, headers = find_quotas(ports, job.requester_id)
    if problem and not is_recorded(job, ports.server):
        raise problem
    return headers


def find_quotas(ports: Ports, requester_id: str, added: int = 1) -> tuple[ProblemError | None, Mapping[str, str]]:
    """Return why a requester must wait before it sends more jobs, and the headers about its quotas."""
    if ports.max_open_jobs is None and ports.max_hourly_jobs is None:
        return None, _NO_HEADERS
    from .quotas import check_quotas  # noqa: PLC0415 - a deployment without quotas never needs it

    allowance = check_quotas(ports, requester_id, added)
    return allowance.problem, allowance.headers


def record_job(
    job: DocumentJob,
    server: Client,
    clock: Clock,
    *,
    traceparent: str | None = None,
    tags: Mapping[str, str] = _NO_TAGS,
) -> Promise:
    """Create the job's promise, or find the promise of an earlier equal request."""
    digest = job.digest()
    promise = server.create(
        root_promise(
            promise_id(job.job_id),
            PROCESS_DOCUMENT,
            job,
            version=VERSION,
            target=DOCUMENTS_ADDRESS,
            timeout_at=int(clock.now() * 1_000) + LIFETIME_MS,
            tags={**trace_tags(traceparent), **job.tags(), **tags},
        )
    )
    if CELL_TAG in promise.tags:  # it is in a cell that this process does not know: it started before a deployment
        raise unavailable(RETRY_AFTER_SECONDS)
    if promise.tags.get(Tag.DIGEST) != digest:
        raise job_id_taken(job.job_id)
    raise_if_erased(promise, server)
    return promise


def is_recorded(job: DocumentJob, server: Client) -> bool:
    """Whether the same request created a job before."""
    with suppress(NotFound):
        return server.get(promise_id(job.job_id)).tags.get(Tag.DIGEST) == job.digest()
    return False
