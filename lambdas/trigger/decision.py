"""POST /jobs/<jobId>/decision: answers the question that a job waits for.

A decision settles one promise, and only one that the job's worker named as its question: no request can settle a step,
or the promise of another job.
"""

from http import HTTPStatus
from typing import Final

from msgspec import ValidationError, convert

from contract.answers import STATES, Decided
from contract.decision import Decision
from contract.job import MAX_COST_USD
from durable.wire.client import Client
from durable.wire.records import Promise, Value
from durable.wire.requests import PromiseSettle

from .errors import bad_request, job_ended, not_waiting, other_decision
from .gateway import Request, Response
from .job_access import find_job
from .ports import Ports
from .progress import ProgressReader
from .request import parse_object
from .status import find_part

FORM: Final = (
    "a decision has promise (the one that GET /status shows), approve (true or false) and, to approve, maxCostUsd"
    f" (a number of US dollars from 0 to {MAX_COST_USD}, the new limit of the whole job), and nothing else"
)


def answer(ports: Ports, request: Request, job_id: str) -> Response:
    """Answer one request."""
    job = find_job(ports, request, job_id)
    decision = parse_decision(request)
    decided = decide(job_id, job, decision, ports.server, ports.progress)
    ports.log.info("decided", promise=decision.promise, approve=decision.approve)
    return Response(HTTPStatus.OK, decided)


def parse_decision(request: Request) -> Decision:
    """Parse the body, or say what a decision is."""
    try:
        decision = convert(parse_object(request), Decision)
    except ValidationError as error:
        raise bad_request(FORM) from error
    if decision.approve is (decision.max_cost_usd is None):
        raise bad_request(FORM)
    return decision


def decide(job_id: str, job: Promise, decision: Decision, server: Client, progress: ProgressReader) -> Decided:
    """Settle the promise that the job waits for. The same decision again gets the same answer."""
    question = find_part(job_id, decision.promise, server)
    if question is None or (question.state == "pending" and not _is_asked(job_id, question, progress)):
        raise not_waiting(job_id, decision.promise)
    if question.state == "pending":
        if job.state != "pending":
            raise job_ended(job_id, STATES[job.state])
        question = server.settle(_settlement(decision))
    if _outcome(question) != _outcome(_settlement(decision)):
        raise other_decision(job_id, decision.promise)
    return Decided(job_id=job_id, promise=decision.promise, approve=decision.approve)


def _is_asked(job_id: str, question: Promise, progress: ProgressReader) -> bool:
    """Whether the job's worker named this promise as its question."""
    job_progress = progress.read(job_id)
    return bool(job_progress and job_progress.waiting and job_progress.waiting.promise == question.id)


def _settlement(decision: Decision) -> PromiseSettle:
    if decision.approve:
        value = Value.encode({"maxCostUsd": decision.max_cost_usd})
        return PromiseSettle(id=decision.promise, state="resolved", value=value)
    return PromiseSettle(id=decision.promise, state="rejected")


def _outcome(settled: Promise | PromiseSettle) -> tuple[str, str | None]:
    return settled.state, settled.value.data or None
