"""GET /status/<jobId>: the state of a job, from its durable promise. Values are parsed as JSON and never executed."""

from base64 import b64decode
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

from msgspec import structs

from contract.answers import (
    Canceled,
    Done,
    Failed,
    JobFailure,
    Processing,
    StatusAnswer,
    Waiting,
)
from contract.api_value import read_json
from contract.names import promise_id, revocation_id
from contract.times import format_ms
from durable.wire.client import Client
from durable.wire.errors import NotFound
from durable.wire.records import Promise, Value, error_text

from .errors import bad_request
from .gateway import Request, Response
from .job_access import find_job
from .ports import Ports
from .progress import JobProgress, ProgressReader

_POLL_SHARE: Final = 0.1  # share of a job's age: a client learns of its end at most a tenth later
_MAX_POLL_SECONDS: Final = 30  # then the job has run for five minutes


def answer(ports: Ports, request: Request, job_id: str) -> Response:
    """Answer one request; `Retry-After` says when to ask again about a job that has not ended."""
    promise = find_job(ports, request, job_id)
    status = read_status(promise, job_id, ports.server, ports.progress)
    return Response(HTTPStatus.OK, status, make_poll_headers(ports, promise))


def refuse_without_id(_ports: Ports, _request: Request) -> Response:
    """Say what is missing."""
    raise bad_request("jobId is required")


def read_status(promise: Promise, job_id: str, server: Client, progress: ProgressReader) -> StatusAnswer:
    """Return the state of a job with this promise, and read its progress while it is processing."""
    answer = status_of(promise, job_id)
    if isinstance(answer, Processing) and (job_progress := progress.read(job_id)):
        return _with_progress(job_id, job_progress, server)
    if isinstance(answer, Done):
        return structs.replace(answer, revoked_at=find_revocation(job_id, server))
    return answer


def find_revocation(job_id: str, server: Client) -> str | None:
    """Return when the job's result was revoked."""
    with suppress(NotFound):
        return format_ms(server.get(revocation_id(job_id)).created_at)
    return None


def make_poll_headers(ports: Ports, promise: Promise) -> dict[str, str]:
    """Return when to ask again about a promise; nothing once it is settled."""
    if promise.state != "pending":
        return {}
    return {"Retry-After": str(choose_poll_seconds(ports.clock.now() - promise.created_at / 1_000))}


def choose_poll_seconds(age: float) -> int:
    """Return when a client should ask again about a job of this age: the longer it runs, the later."""
    return max(1, min(int(age * _POLL_SHARE), _MAX_POLL_SECONDS))


def status_of(promise: Promise, job_id: str) -> StatusAnswer:
    """Return the answer for a job with this promise."""
    match promise.state:
        case "pending":
            return Processing(job_id=job_id)
        case "resolved":
            result = decode_value(promise.value)
            return Done(job_id=job_id, result=result if isinstance(result, dict) else {"value": result})
        case "rejected":
            return Failed(job_id=job_id, error=JobFailure.parse(error_text(decode_value(promise.value))))
        case "rejected_timedout":
            return Failed(job_id=job_id, error=JobFailure.by_deadline())
        case "rejected_canceled":
            return Canceled(job_id=job_id)


def decode_value(value: Value) -> Any:  # noqa: ANN401 - any JSON
    """Return the JSON of a value; None if it has none, or none that can be encoded again, such as half a character."""
    try:
        return read_json(b64decode(value.data or "", validate=True) or b"null", Any)
    except ValueError:
        return None


def _with_progress(job_id: str, job_progress: JobProgress, server: Client) -> Processing | Waiting:
    """Add a job's progress. It is a hint: the job waits only if the promise in it is still pending."""
    waiting = job_progress.waiting
    question = find_part(job_id, waiting.promise, server) if waiting else None
    if waiting and question and question.state == "pending":
        return waiting
    return Processing(job_id=job_id, progress=job_progress.progress)


def find_part(job_id: str, part_id: str, server: Client) -> Promise | None:
    """Return a promise of this job's workflow: requests must not reach promises of other jobs."""
    if part_id.startswith(f"{promise_id(job_id)}:"):
        with suppress(NotFound):
            return server.get(part_id)
    return None
