"""The operations on jobs."""

from http import HTTPStatus
from typing import Final
from urllib.parse import quote
from uuid import uuid4

from msgspec import structs

from contract.answers import (
    Accepted,
    Canceled,
    Done,
    DryRun,
    Failed,
    JobExplanation,
    JobHistory,
    NotFound,
    Processing,
    StatusAnswer,
    Waiting,
)
from contract.delivery_log import EventDeliveries, EventDelivery
from contract.job import DocumentJob, is_job_id
from contract.jobs import Job, JobAccepted

from .errors import NotFoundError
from .exchange import Operation, Reply, Request, Stream
from .polling import SYSTEM_PACE, Pace, Poller
from .sending import ask

type Ending = Done | Failed | Canceled

UNFINISHED_ANSWERS: Final = (Processing, Waiting)  # a job that waits for a decision may still continue


def submit(job: DocumentJob) -> Operation[JobAccepted]:
    """Record a job durably. It gets an id here if it has none, so that a repeated request is the same job."""
    named = job if job.job_id else structs.replace(job, job_id=uuid4().hex)
    request = Request(method="POST", path="/jobs", body=named.to_json())
    accepted: JobAccepted = yield from ask(request, JobAccepted, HTTPStatus.ACCEPTED)
    return accepted


def get(job_id: str) -> Operation[Job]:
    """Return a job: its state with times and links, and its result in short once it is done."""
    job: Job = yield from ask(Request(method="GET", path=f"/jobs/{check_id(job_id)}"), Job)
    return job


def process_document(job: DocumentJob) -> Operation[Accepted]:
    """Record a job as `submit` does, at the API's first route."""
    request = Request(method="POST", path="/process-document", body=job.to_json())
    accepted: Accepted = yield from ask(request, Accepted, HTTPStatus.ACCEPTED)
    return accepted


def estimate(job: DocumentJob) -> Operation[DryRun | Failed]:
    """Return what a job would take, or the error that it would fail with, without starting it."""
    request = Request(method="POST", path="/process-document?dryRun=true", body=job.to_json())
    answer: DryRun | Failed = yield from ask(request, DryRun | Failed)
    return answer


def status(job_id: str) -> Operation[StatusAnswer]:
    """Return the state of a job, with its whole result once it is done."""
    answer: StatusAnswer = yield from ask(Request(method="GET", path=f"/status/{check_id(job_id)}"), StatusAnswer)
    return answer


def watch(job_id: str, pace: Pace = SYSTEM_PACE) -> Stream[StatusAnswer]:
    """Yield the state of a job and each change of it; the last is its end. An API that restarts does not end it."""
    return _poll(job_id, pace).watch()


def wait(job_id: str, timeout: float | None = None, pace: Pace = SYSTEM_PACE) -> Operation[Ending]:
    """Wait until a job has ended, and return how. After `timeout` seconds raise WaitTimeoutError; the job continues."""
    answer = yield from _poll(job_id, pace, timeout).wait()
    assert not isinstance(answer, Processing | Waiting)
    return answer


def why(job_id: str) -> Operation[JobExplanation]:
    """Return why a job is where it is."""
    answer: JobExplanation = yield from ask(_get(job_id, "why"), JobExplanation)
    return answer


def history(job_id: str) -> Operation[JobHistory]:
    """Return what a job has called so far."""
    answer: JobHistory = yield from ask(_get(job_id, "history"), JobHistory)
    return answer


def cancel(job_id: str) -> Operation[Canceled]:
    """Cancel a job that has not ended."""
    answer: Canceled = yield from ask(_post(job_id, "cancel"), Canceled)
    return answer


def retry(job_id: str) -> Operation[JobAccepted]:
    """Run the request of a job again that has failed or is canceled. A second request finds the same next job."""
    accepted: JobAccepted = yield from ask(_post(job_id, "retry"), JobAccepted, HTTPStatus.ACCEPTED)
    return accepted


def deliveries(job_id: str) -> Operation[EventDeliveries]:
    """Return the deliveries of a job's events to its callbackUrl."""
    answer: EventDeliveries = yield from ask(_get(job_id, "deliveries"), EventDeliveries)
    return answer


def redeliver(job_id: str, event_id: str) -> Operation[EventDelivery]:
    """Deliver an event again, unless a delivery of it is pending; return the pending delivery."""
    request = _post(job_id, f"deliveries/{quote(event_id, safe='')}/redeliver")
    answer: EventDelivery = yield from ask(request, EventDelivery, HTTPStatus.ACCEPTED)
    return answer


def _poll(job_id: str, pace: Pace, timeout: float | None = None) -> Poller[StatusAnswer]:
    return Poller(f"/status/{check_id(job_id)}", StatusAnswer, UNFINISHED_ANSWERS, pace=pace, timeout=timeout)


def _get(job_id: str, part: str) -> Request:
    return Request(method="GET", path=f"/jobs/{check_id(job_id)}/{part}")


def _post(job_id: str, part: str) -> Request:
    return Request(method="POST", path=f"/jobs/{check_id(job_id)}/{part}")


def check_id(job_id: str) -> str:
    """Return the id. One that no job can have is not found, and needs no request."""
    if not is_job_id(job_id):
        raise NotFoundError(Reply(HTTPStatus.NOT_FOUND, NotFound(job_id=job_id).to_json(), {}))
    return job_id
