"""POST /jobs/<jobId>/retry: runs the request of a failed or canceled job again.

The next execution is a job of its own. Its id follows from the first job's id and a count, so two requests at once make
one job. It has the request of the first, its password included, which only the job's promise holds.
"""

import hashlib
from typing import Final

from msgspec import structs

from contract.answers import STATES, JobState
from contract.api_value import WrongFieldsError
from contract.job import MAX_EARLIER_JOBS, MAX_JOB_ID, DocumentJob
from contract.names import PROMISE_PREFIX, Tag
from durable.wire.records import Promise

from .create_job import accept
from .errors import request_unreadable, wrong_state
from .gateway import Request, Response
from .job_access import find_job
from .ports import Ports
from .submit import record_job, refuse_over_quota

_RETRIED_STATES: Final = (JobState.FAILED, JobState.CANCELED)
_DIGEST_CHARACTERS: Final = 12  # 48 bits distinguish long ids that begin alike


def answer(ports: Ports, request: Request, job_id: str) -> Response:
    """Answer one request. A job has one next execution: a repeated request finds it in its present state."""
    promise = find_job(ports, request, job_id)
    state = STATES[promise.state]
    if state not in _RETRIED_STATES:
        raise wrong_state(job_id, state, "only a job that has failed or is canceled is retried")
    first, number = promise.tags.get(Tag.RETRY_OF, job_id), count_retries(promise) + 1
    request_before = read_request(promise)
    job = structs.replace(
        request_before,
        job_id=make_retry_id(first, number),
        earlier_jobs=(job_id, *request_before.earlier_jobs)[:MAX_EARLIER_JOBS],
    )
    quotas = refuse_over_quota(ports, job)
    tags: dict[str, str] = {Tag.RETRY_OF: first, Tag.RETRY: str(number)}
    retried = record_job(job, ports.server, ports.clock, traceparent=request.traceparent, tags=tags)
    return accept(ports, promise_state=retried.state, job_id=job.job_id, quotas=quotas)


def count_retries(promise: Promise) -> int:
    """Return the place of a job among those that try the same request again: 0 for the first."""
    number = promise.tags.get(Tag.RETRY, "")
    return int(number) if number.isdecimal() else 0


def read_request(promise: Promise) -> DocumentJob:
    """Return the request that a job was created with."""
    try:
        return DocumentJob.read(promise.param.decode()["args"][0])
    except (WrongFieldsError, ValueError, TypeError, LookupError, RecursionError) as error:  # no client of ours made it
        raise request_unreadable(promise.id.removeprefix(PROMISE_PREFIX)) from error


def make_retry_id(first: str, number: int) -> str:
    """Return the id of an execution. It begins with the first job's id, which is cut if it is too long."""
    ending = f"-retry-{number}"
    if len(first) + len(ending) <= MAX_JOB_ID:
        return first + ending
    digest = hashlib.sha256(first.encode()).hexdigest()[:_DIGEST_CHARACTERS]
    return f"{first[: MAX_JOB_ID - len(digest) - len(ending) - 1]}-{digest}{ending}"
