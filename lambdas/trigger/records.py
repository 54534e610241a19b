"""GET /jobs/<jobId>/why and /history: why a job is where it is and what it has called, from the server's records alone.

Results of steps are left out: they are what later steps need, and not what the API promises.
"""

from http import HTTPStatus
from typing import Any

from contract.answers import STATES, Failed, JobExplanation, JobHistory
from contract.names import promise_id
from durable.history import Operation, read_job
from durable.wire.client import Client

from .gateway import Request, Response
from .job_access import find_job
from .ports import Ports
from .status import status_of


def answer_why(ports: Ports, request: Request, job_id: str) -> Response:
    """Answer why a job is where it is."""
    find_job(ports, request, job_id)
    return Response(HTTPStatus.OK, explain_job(job_id, ports.server))


def answer_history(ports: Ports, request: Request, job_id: str) -> Response:
    """Answer with what a job has called."""
    find_job(ports, request, job_id)
    return Response(HTTPStatus.OK, list_history(job_id, ports.server))


def explain_job(job_id: str, server: Client) -> JobExplanation:
    """Say what a job waits for, or how it has ended."""
    records = read_job(server, promise_id(job_id))
    explanation = records.explain()
    answer = status_of(records.root, job_id)
    failure = answer.error if isinstance(answer, Failed) else None  # the record's own text may be internal
    return JobExplanation(
        job_id=job_id,
        state=STATES[records.root.state],
        explanation=f"{records.root.id} has failed: {failure.code}: {failure.message}" if failure else str(explanation),
        waits=tuple(explanation.to_dict()["waits"]),
        error=failure,
    )


def list_history(job_id: str, server: Client) -> JobHistory:
    """List the calls of a job in their order."""
    records = read_job(server, promise_id(job_id))
    return JobHistory(
        job_id=job_id,
        state=STATES[records.root.state],
        created_at=records.created_at,
        operations=tuple(map(_describe, records.operations)),
        settled_at=records.settled_at,
    )


def _describe(operation: Operation) -> dict[str, Any]:
    return {name: value for name, value in operation.to_dict().items() if name != "value"}
