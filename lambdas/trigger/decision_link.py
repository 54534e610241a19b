"""GET and POST /decisions/<id>/link: a decision by the link in a notice. The token in the link is the credential.

The token signs one question, and a question is answered once: so a link is used once, and ends with its question. GET
shows a page, and only the page's form decides.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from msgspec import ValidationError, convert

from contract.answers import STATES, DecisionState, Reason
from contract.decision import Decision
from contract.decision_link import DecisionKey

from .decision import decide, describe, describe_outcome
from .decision_page import make_message, make_question
from .errors import bad_request, explain_error
from .gateway import Request, Response
from .ports import Ports
from .problems import link_over, link_refused
from .questions import Question, find_question
from .request import decode_body

TOKEN: Final = "token"  # noqa: S105 the name of a parameter
_MAX_FIELDS: Final = 10
_CHOICES: Final = {"approve": True, "reject": False}
_FORM: Final = (
    "the form has decision (approve or reject), and perhaps reviewer, comment and, to approve a cost, maxCostUsd"
)


def answer_show(ports: Ports, request: Request, decision: str) -> Response:
    """Answer with the page that asks, or with the reason why there is nothing to decide."""
    return _answer_page(ports, lambda: _show(ports, request, decision))


def answer_decide(ports: Ports, request: Request, decision: str) -> Response:
    """Decide as the form says, and answer with a page that says so."""
    return _answer_page(ports, lambda: _decide(ports, request, decision))


def _answer_page(ports: Ports, answer: Callable[[], Response]) -> Response:
    try:
        return answer()
    except Exception as error:  # noqa: BLE001 - every failure is answered, here for a person
        problem = explain_error(error, ports.log)
        return make_message(problem.status, problem.sentence, problem.headers)


def _show(ports: Ports, request: Request, decision: str) -> Response:
    question = _find_linked(ports, request, decision)
    if question.state is not DecisionState.OPEN:
        raise link_over(f"{question.id} {describe_outcome(question)}")
    if question.job.state != "pending":
        raise link_over(f"job {question.job_id} has ended: it is {STATES[question.job.state]}")
    return make_question(describe(question, ports))


def _decide(ports: Ports, request: Request, decision: str) -> Response:
    question = _find_linked(ports, request, decision)
    given = _parse_form(request, question.reason)
    if question.state is DecisionState.EXPIRED:
        raise link_over(f"{question.id} {describe_outcome(question)}")
    decided = decide(question, given, ports.server)
    ports.log.info("decided by link", approve=given.approve, reviewer=decided.reviewer)
    outcome = "approved: the job continues" if given.approve else "rejected: the job fails"
    return make_message(HTTPStatus.OK, f"{question.id} is {outcome}.")


def _find_linked(ports: Ports, request: Request, decision: str) -> Question:
    """Return the question of the request's link."""
    key = DecisionKey.parse(ports.decision_key) if ports.decision_key else None
    if key is None or not key.has_signed_link(decision, request.query.get(TOKEN, "")):
        raise link_refused()
    return find_question(ports, request, decision)


def _parse_form(request: Request, reason: Reason) -> Decision:
    """Return the decision in a form. Fields that were left empty have no value."""
    try:
        pairs = parse_qsl(decode_body(request), strict_parsing=True, max_num_fields=_MAX_FIELDS)
        fields = {name: value for name, value in pairs if value}
        values: dict[str, object] = {name: fields[name] for name in ("reviewer", "comment") if name in fields}
        values["approve"] = _CHOICES[fields["decision"]]
        if values["approve"] and reason is Reason.COST:
            values["maxCostUsd"] = float(fields["maxCostUsd"])
        decision: Decision = convert(values, Decision)
    except (ValueError, KeyError, ValidationError) as error:
        raise bad_request(_FORM) from error
    if not decision.fits(reason):
        raise bad_request(_FORM)
    return decision
