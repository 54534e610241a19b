"""POST /process-document: records a job, or with dryRun estimates it."""

from http import HTTPStatus

from contract.answers import STATES, Accepted
from contract.job import DocumentJob

from .gateway import Request, Response
from .ports import Ports
from .request import parse_dry_run, parse_request
from .submit import find_problem, record_known_type


def answer(ports: Ports, request: Request) -> Response:
    """Answer one request."""
    is_dry_run = parse_dry_run(request.query)
    job = parse_request(request, types=ports.types)
    ports.log.append_keys(jobId=job.job_id)
    return _estimate(ports, request, job) if is_dry_run else _record(ports, request, job)


def _estimate(ports: Ports, request: Request, job: DocumentJob) -> Response:
    from .dry_run import dry_run  # noqa: PLC0415 - most containers never need it

    if problem := find_problem(ports, request, job):
        raise problem
    estimate = dry_run(job, ports.server, ports.clock)
    ports.log.info("estimated", state=estimate.status)
    return Response(HTTPStatus.OK, estimate)


def _record(ports: Ports, request: Request, job: DocumentJob) -> Response:
    promise, quotas = record_known_type(ports, request, job)
    accepted = Accepted(
        job_id=job.job_id,
        status_url=f"/status/{job.job_id}",
        message="Processing in background. Poll statusUrl for results.",
        state=STATES[promise.state],
    )
    ports.log.info("accepted", state=accepted.state)
    return Response(HTTPStatus.ACCEPTED, accepted, {"Location": accepted.status_url, **quotas})
