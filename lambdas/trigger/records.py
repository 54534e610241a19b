"""GET /jobs/<jobId>/why and /history: what a job waits for and what it has called, from the server's records alone.

Results of steps are left out, except their usage: later steps need them, but the API does not promise them.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from contract.answers import STATES, Failed, JobExplanation, JobHistory
from contract.names import promise_id
from durable.history import Operation, read_job
from durable.wire.client import Client
from durable.wire.records import Task

from .gateway import Request, Response
from .job_access import find_job
from .job_cost import read_cost
from .ports import Ports
from .progress import JobProgress, ProgressReader
from .status import status_of

_USAGE_FIELDS: Final = ("seconds", "pages", "inputTokens", "outputTokens", "costUsd")


def answer_why(ports: Ports, request: Request, job_id: str) -> Response:
    """Answer why a job is where it is."""
    find_job(ports, request, job_id)
    return Response(HTTPStatus.OK, explain_job(job_id, ports.server))


def answer_history(ports: Ports, request: Request, job_id: str) -> Response:
    """Answer with what a job has called."""
    find_job(ports, request, job_id)
    return Response(HTTPStatus.OK, list_history(job_id, ports.server, ports.progress))


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


def list_history(job_id: str, server: Client, progress: ProgressReader) -> JobHistory:
    """List the calls of a job in their order. Only the progress has the attempts of a running step."""
    records = read_job(server, promise_id(job_id))
    running = progress.read(job_id) if records.root.state == "pending" else None
    cost_usd, limit_usd = read_cost(records)
    return JobHistory(
        job_id=job_id,
        state=STATES[records.root.state],
        created_at=records.created_at,
        operations=tuple(_describe(one, records.tasks, running) for one in records.operations),
        settled_at=records.settled_at,
        worker=_find_worker(records.root.id, records.tasks),
        cost_usd=cost_usd,
        limit_usd=limit_usd,
    )


def _describe(operation: Operation, tasks: Mapping[str, Task], running: JobProgress | None) -> dict[str, Any]:
    fields = {name: value for name, value in operation.to_dict().items() if name != "value"}
    if usage := _read_usage(operation.value):
        fields["usage"] = usage
    if worker := _find_worker(operation.id, tasks):
        fields["worker"] = worker
    if running and operation.state == "pending" and operation.name == running.progress.step:
        fields["attempts"] = running.progress.attempt
    return fields


def _find_worker(promise: str, tasks: Mapping[str, Task]) -> str | None:
    """Return the worker that holds the task of a promise now."""
    return tasks[promise].pid if promise in tasks else None


def _read_usage(value: object) -> dict[str, float]:
    """Return a step's usage from its checkpoint; no fields if the value has another form."""
    match value:
        case {"usage": dict(usage)} | {"value": {"usage": dict(usage)}}:
            return {name: usage[name] for name in _USAGE_FIELDS if isinstance(usage.get(name), int | float)}
        case _:
            return {}
