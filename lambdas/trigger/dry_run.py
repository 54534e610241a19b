"""POST /process-document?dryRun=true: what the job would take, or why it would fail. No job is created.

A worker finds it out, in a workflow of its own that costs nothing. Its promise is the same for the same request within
an hour, so whoever asks again waits for, or finds, the same estimate. A failure is no estimate: its cause may be gone,
the document or the password another one. It is answered again for a moment only, to a client that repeats its request,
and then found out anew.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from contract.answers import Done, DryRun, Failed
from contract.job import DocumentJob, DocumentRequest
from contract.names import (
    DOCUMENTS_ADDRESS,
    ESTIMATE,
    ESTIMATE_DOCUMENT,
    ESTIMATE_DOCUMENT_VERSION,
    ESTIMATE_PREFIX,
    Tag,
)
from wire.client import Client
from wire.records import Promise
from wire.requests import PromiseCreate
from wire.roots import root_promise

from .problems import estimate_not_ready, too_many_estimates
from .states import status_of

PATIENCE: Final = 12.0  # seconds; the last question may take 4.5 more, and the function has 20 in all
RETRY_AFTER: Final = 2  # seconds
_FIRST: Final = 0.1  # seconds between two questions; the worker needs half of one for a short document
_MOST: Final = 1.0
_SLOWER: Final = 1.5  # times as long after each
_LIFETIME_MS: Final = 600_000  # somebody who still waits then has asked again
_HOUR_MS: Final = 3_600_000
# How long the first failure holds, and each later one twice as long as the one before: no answer is much older than the
# trouble itself, and whoever asks all the time has the document looked at ten times in an hour.
_FAILURE_MS: Final = 5_000
# Estimates of one request in an hour: ten failures, six that time out one after the other, and as many again with other
# passwords. Whoever sends more of those is guessing.
_NUMBERS: Final = 32
_DIGITS: Final = 16  # of the digest: 64 bits tell the requests with one job's id apart


@dataclass(frozen=True, kw_only=True)
class Ambient:
    """A test gives its own."""

    now: Callable[[], float] = time.time
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


AMBIENT: Final = Ambient()


def dry_run(request: DocumentRequest, engine: Client, ambient: Ambient = AMBIENT) -> DryRun | Failed:
    """Have the job estimated, and wait for it as long as a request can."""
    end = ambient.clock() + PATIENCE
    job = request.to_job()
    promise = _begun(job, engine, ambient, end)
    pause = _FIRST
    while promise.state == "pending":
        if ambient.clock() + pause > end:
            raise estimate_not_ready(RETRY_AFTER)
        ambient.sleep(pause)
        pause = min(pause * _SLOWER, _MOST)
        promise = engine.get(promise.id)
    return _answer(promise, job.job_id)


def _begun(job: DocumentJob, engine: Client, ambient: Ambient, end: float) -> Promise:
    """Create the estimate, or find this hour's; one that no longer holds is made again, under the next number."""
    now_ms = int(ambient.now() * 1_000)
    name = f"{ESTIMATE_PREFIX}{job.job_id}-{job.digest()[:_DIGITS]}-{now_ms // _HOUR_MS}"
    failure_ms = _FAILURE_MS
    for number in range(_NUMBERS):
        if ambient.clock() > end:
            raise estimate_not_ready(RETRY_AFTER)
        request = _creation(f"{name}-{number}" if number else name, job, now_ms)
        promise = engine.create(request)
        if _came_to_nothing(promise) or promise.param.data != request.param.data:
            continue  # the second is the same request with another password, of which no id tells
        if promise.state != "rejected" or now_ms < (promise.settled_at or 0) + failure_ms:
            return promise
        failure_ms *= 2
    raise too_many_estimates((_HOUR_MS - now_ms % _HOUR_MS) // 1_000 + 1)


def _creation(identity: str, job: DocumentJob, now_ms: int) -> PromiseCreate:
    return root_promise(
        identity,
        ESTIMATE_DOCUMENT,
        job,
        target=DOCUMENTS_ADDRESS,
        version=ESTIMATE_DOCUMENT_VERSION,
        timeout_at=now_ms + _LIFETIME_MS,
        tags={Tag.KIND: ESTIMATE},
    )


def _came_to_nothing(promise: Promise) -> bool:
    return promise.state in ("rejected_timedout", "rejected_canceled")


def _answer(promise: Promise, job_id: str) -> DryRun | Failed:
    match None if _came_to_nothing(promise) else status_of(promise, job_id):
        case Done(result=estimate):
            return DryRun(job_id=job_id, estimate=estimate)
        case Failed() as failed:
            return failed
        case _:
            raise estimate_not_ready(RETRY_AFTER)
