"""POST /jobs/<jobId>/cancel: settles the job's promise, so that no further step starts. A worker sends the notice."""

from http import HTTPStatus

from contract.answers import STATES, Canceled
from contract.names import promise_id
from durable.wire.client import Client
from durable.wire.requests import PromiseSettle

from .errors import job_ended
from .gateway import Request, Response
from .job_access import find_job
from .ports import Ports


def answer(ports: Ports, request: Request, job_id: str) -> Response:
    """Answer one request."""
    find_job(ports, request, job_id)
    canceled = cancel(job_id, ports.server)
    ports.log.info("canceled")
    return Response(HTTPStatus.OK, canceled)


def cancel(job_id: str, server: Client) -> Canceled:
    """Cancel a job. One that is canceled already gets the same answer; one that has ended otherwise is refused."""
    promise = server.settle(PromiseSettle(id=promise_id(job_id), state="rejected_canceled"))
    if promise.state != "rejected_canceled":
        raise job_ended(job_id, STATES[promise.state])
    return Canceled(job_id=job_id)
