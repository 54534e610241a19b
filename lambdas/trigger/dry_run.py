"""POST /process-document?dryRun=true: estimates a job's time and cost, or why it would fail. No job is created.

A worker makes the estimate in a separate workflow that costs nothing. The same request has the same promise within an
hour, so a repeated request waits for, or finds, the same estimate. A failure is kept only briefly, because its cause,
the document or the password may change: then the next request gets a new estimate.
"""

from typing import Final

from contract.answers import Done, DryRun, Failed
from contract.job import DocumentJob
from contract.names import (
    DOCUMENTS_ADDRESS,
    ESTIMATE,
    ESTIMATE_DOCUMENT,
    ESTIMATE_DOCUMENT_VERSION,
    ESTIMATE_PREFIX,
    Tag,
)
from durable.wire.client import Client
from durable.wire.clock import Clock
from durable.wire.records import Promise
from durable.wire.requests import PromiseCreate
from durable.wire.roots import root_promise

from .problems import estimate_not_ready, too_many_estimates
from .promise_wait import wait_until_settled
from .status import status_of

MAX_WAIT_SECONDS: Final = 12.0  # one more read may take 4.5; the function's timeout is 20
RETRY_AFTER_SECONDS: Final = 2
_LIFETIME_MS: Final = 600_000  # a client that still waits has repeated its request by then
_HOUR_MS: Final = 3_600_000
# How long the first failure is kept; each later one is kept twice as long. So answers stay recent, and a client that
# repeats its request all the time has the document read only ten times in an hour.
_FAILURE_MS: Final = 5_000
# Estimates of one request in an hour: ten failures, six timeouts in a row, and as many with other passwords. A client
# that needs more is guessing passwords.
_MAX_ESTIMATES: Final = 32
_DIGEST_CHARACTERS: Final = 16  # 64 bits distinguish the requests with one jobId


def dry_run(job: DocumentJob, server: Client, clock: Clock) -> DryRun | Failed:
    """Start the estimate, and wait for it up to `MAX_WAIT_SECONDS`."""
    end = clock.monotonic() + MAX_WAIT_SECONDS
    promise = wait_until_settled(_find_or_create(job, server, clock, end), server, clock, end)
    return _build_answer(promise, job.job_id)


def _find_or_create(job: DocumentJob, server: Client, clock: Clock, end: float) -> Promise:
    """Create this hour's estimate, or find it. If it has expired, create the next one, under the next number."""
    now_ms = int(clock.now() * 1_000)
    name = f"{ESTIMATE_PREFIX}{job.job_id}-{job.digest()[:_DIGEST_CHARACTERS]}-{now_ms // _HOUR_MS}"
    failure_ms = _FAILURE_MS
    for number in range(_MAX_ESTIMATES):
        if clock.monotonic() > end:
            raise estimate_not_ready(RETRY_AFTER_SECONDS)
        request = _build_promise(f"{name}-{number}" if number else name, job, now_ms)
        promise = server.create(request)
        # If only the param differs, the password does: ids do not depend on passwords.
        if _was_abandoned(promise) or promise.param.data != request.param.data:
            continue
        if promise.state != "rejected" or now_ms < (promise.settled_at or 0) + failure_ms:
            return promise
        failure_ms *= 2
    raise too_many_estimates((_HOUR_MS - now_ms % _HOUR_MS) // 1_000 + 1)


def _build_promise(promise_id: str, job: DocumentJob, now_ms: int) -> PromiseCreate:
    return root_promise(
        promise_id,
        ESTIMATE_DOCUMENT,
        job,
        target=DOCUMENTS_ADDRESS,
        version=ESTIMATE_DOCUMENT_VERSION,
        timeout_at=now_ms + _LIFETIME_MS,
        tags={Tag.KIND: ESTIMATE},
    )


def _was_abandoned(promise: Promise) -> bool:
    return promise.state in ("rejected_timedout", "rejected_canceled")


def _build_answer(promise: Promise, job_id: str) -> DryRun | Failed:
    match None if _was_abandoned(promise) else status_of(promise, job_id):
        case Done(result=estimate):
            return DryRun(job_id=job_id, estimate=estimate)
        case Failed() as failed:
            return failed
        case _:
            raise estimate_not_ready(RETRY_AFTER_SECONDS)
