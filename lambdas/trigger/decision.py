"""GET and POST /decisions/<id>: shows the question that a job waits for, and answers it.

An answer settles the question's promise. That happens once: the first answer counts, from any route.
"""

import json
from copy import replace
from http import HTTPStatus
from typing import Final

from contract.answers import STATES, Decided, DecisionDetails, DecisionState
from contract.api_value import ApiValue
from contract.decision import Corrections, Decision
from contract.job import MAX_COST_USD
from contract.names import REJECTION_CODE
from contract.times import format_ms
from durable.wire.client import Client
from durable.wire.records import Value
from durable.wire.requests import PromiseSettle

from .errors import bad_request, job_ended
from .gateway import Request, Response
from .ports import Ports
from .problems import other_decision
from .questions import Question, find_question
from .request import parse_form, parse_object, refuse_parameters

FORM: Final = (
    "a decision has approve (true or false); to approve a cost, maxCostUsd (a number of US dollars from 0 to"
    f" {MAX_COST_USD}, the new limit of the whole job); to approve findings, perhaps corrections (an object of fields,"
    " each with a text, a number or null); and perhaps reviewer and comment, which are texts"
)


class _Approval(ApiValue, frozen=True):
    """The value of a question that was approved, as the worker reads it."""

    max_cost_usd: float | None = None  # the answer to a question about costs
    approve: bool | None = None  # the answer to a question about findings
    corrections: Corrections | None = None
    reviewer: str | None = None
    comment: str | None = None


def answer_show(ports: Ports, request: Request, decision: str) -> Response:
    """Answer a request to show a decision."""
    refuse_parameters(request.query)
    question = find_question(ports, request, decision)
    return Response(HTTPStatus.OK, describe(question, ports))


def answer_decide(ports: Ports, request: Request, decision: str) -> Response:
    """Answer a request to decide."""
    refuse_parameters(request.query)
    given = parse_form(parse_object(request), Decision, FORM)
    question = find_question(ports, request, decision)
    if not given.fits(question.reason):
        raise bad_request(f"this is a question about {_TOPICS[question.reason]}: {FORM}")
    decided = decide(question, replace(given, reviewer=request.caller.name or given.reviewer), ports.server)
    ports.log.info("decided", approve=given.approve, reviewer=decided.reviewer)
    return Response(HTTPStatus.OK, decided)


_TOPICS: Final = {"cost": "a cost", "review": "findings"}


def decide(question: Question, decision: Decision, server: Client) -> Decided:
    """Settle the question. The same decision again gets the same answer, with its first reviewer."""
    if question.state is DecisionState.OPEN:
        if question.job.state != "pending":
            raise job_ended(question.job_id, STATES[question.job.state])
        question = replace(question, promise=server.settle(_make_settlement(question, decision)))
    if not is_same(question, decision):
        raise other_decision(question.id, describe_outcome(question))
    return Decided(
        job_id=question.job_id,
        promise=question.promise.id,
        approve=decision.approve,
        decision=question.id,
        reason=question.reason,
        at=question.settled_at,
        reviewer=question.answer.reviewer,
    )


def is_same(question: Question, decision: Decision) -> bool:
    """Whether the question has this decision."""
    if question.state is not (DecisionState.APPROVED if decision.approve else DecisionState.REJECTED):
        return False
    recorded = question.answer
    given = decision.max_cost_usd, decision.corrections or {}
    return not decision.approve or (recorded.max_cost_usd, recorded.corrections or {}) == given


def describe_outcome(question: Question) -> str:
    """Say how a question was answered."""
    answer = question.answer
    by = f" by {answer.reviewer}" if answer.reviewer else ""
    match question.state:
        case DecisionState.EXPIRED:
            return f"had no answer until {question.settled_at}"
        case DecisionState.APPROVED if answer.corrections:
            return f"was approved with corrections{by} at {question.settled_at}"
        case state:
            return f"was {state}{by} at {question.settled_at}"


def describe(question: Question, ports: Ports) -> DecisionDetails:
    """Return the question and its outcome. The text of the question comes from the progress, which is a hint."""
    progress = ports.progress.read(question.job_id) if question.state is DecisionState.OPEN else None
    waiting = progress.waiting if progress and progress.waiting else None
    asked = waiting if waiting and waiting.promise == question.promise.id else None
    answer = question.answer
    return DecisionDetails(
        id=question.id,
        job_id=question.job_id,
        reason=question.reason,
        state=question.state,
        since=format_ms(question.promise.created_at),
        until=format_ms(question.promise.timeout_at),
        message=asked.message if asked else None,
        findings=asked.findings if asked else (),
        fields=asked.fields if asked else (),
        at=question.settled_at,
        reviewer=answer.reviewer,
        comment=answer.comment,
        max_cost_usd=answer.max_cost_usd,
        corrections=dict(answer.corrections or {}),
    )


def _make_settlement(question: Question, decision: Decision) -> PromiseSettle:
    if not decision.approve:
        return PromiseSettle(id=question.promise.id, state="rejected", value=Value.encode(_make_refusal(decision)))
    approval = _Approval(
        max_cost_usd=decision.max_cost_usd,
        approve=True if decision.max_cost_usd is None else None,
        corrections=decision.corrections,
        reviewer=decision.reviewer,
        comment=decision.comment,
    )
    return PromiseSettle(id=question.promise.id, state="resolved", value=Value.encode(approval.to_dict()))


def _make_refusal(decision: Decision) -> dict[str, str]:
    """Return an error as the workflow reads it: its code, its message, and the reviewer who refused."""
    by = f" by {decision.reviewer}" if decision.reviewer else ""
    reason = f": {decision.comment}" if decision.comment else ""
    error = {"code": REJECTION_CODE, "message": f"rejected{by}{reason}", "step": None, "retry": False}
    names = {"reviewer": decision.reviewer, "comment": decision.comment}
    return {"__type": "error", "message": json.dumps(error | {name: text for name, text in names.items() if text})}
