"""The operations on the decisions that jobs wait for."""

from http import HTTPStatus

from contract.answers import Decided, DecisionDetails, NotFound
from contract.decision import Decision, is_decision_id
from contract.names import job_of

from .errors import NotFoundError
from .exchange import Operation, Reply, Request
from .sending import ask


def decision(decision_id: str) -> Operation[DecisionDetails]:
    """Return the question that a job waits for, or how it was answered."""
    details: DecisionDetails = yield from ask(Request(method="GET", path=_make_path(decision_id)), DecisionDetails)
    return details


def decide(decision_id: str, decision: Decision) -> Operation[Decided]:
    """Answer the question that a job waits for. The same decision again gets the same answer."""
    request = Request(method="POST", path=_make_path(decision_id), body=decision.to_json())
    decided: Decided = yield from ask(request, Decided)
    return decided


def _make_path(decision_id: str) -> str:
    """Return the path of a decision. An id that none can have is not found, and needs no request."""
    if not is_decision_id(decision_id):
        raise NotFoundError(Reply(HTTPStatus.NOT_FOUND, NotFound(job_id=job_of(decision_id)).to_json(), {}))
    return f"/decisions/{decision_id}"
