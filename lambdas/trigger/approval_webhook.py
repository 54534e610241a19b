"""POST /webhooks/approval: a system outside answers a question, and signs its message as Standard Webhooks says.

A message may come any number of times: the question is answered once, and a repeated answer is not an error.
"""

from http import HTTPStatus
from typing import Final

from contract.answers import Reason
from contract.decision import ApprovalMessage, Decision
from contract.decision_link import DecisionKey
from contract.names import PROMISE_PREFIX, decision_id

from .decision import decide
from .errors import bad_request
from .gateway import Request, Response
from .ports import Ports
from .problems import decision_not_found, wrong_signature
from .questions import find_question
from .request import decode_body, parse_form, parse_object, refuse_parameters

REVIEWER: Final = "webhook"
TOLERANCE_SECONDS: Final = 300  # between the clocks, and until a message arrives
FORM: Final = "the message has promiseId (as GET /status shows it) and approved (true or false), and nothing else"
COST: Final = "a cost is approved with a new limit: send maxCostUsd to POST /decisions"


def answer(ports: Ports, request: Request) -> Response:
    """Answer one message."""
    check_signature(ports, request)
    refuse_parameters(request.query)
    message = parse_form(parse_object(request), ApprovalMessage, FORM)
    if not message.promise_id.startswith(PROMISE_PREFIX):
        raise decision_not_found(message.promise_id)
    question = find_question(ports, request, decision_id(message.promise_id))
    if message.approved and question.reason is Reason.COST:
        raise bad_request(COST)
    decide(question, Decision(approve=message.approved, reviewer=REVIEWER), ports.server)
    ports.log.info("decided by webhook", approve=message.approved)
    return Response(HTTPStatus.NO_CONTENT, None)


def check_signature(ports: Ports, request: Request) -> None:
    """Raise unless the message was signed with the key of decisions, and not long ago."""
    webhook_id, timestamp, signatures = (request.headers.get(f"webhook-{name}", "") for name in _NAMES)
    key = DecisionKey.parse(ports.decision_key) if ports.decision_key else None
    body = decode_body(request).encode()
    if key is None or not key.has_signed_webhook(webhook_id, timestamp, body, signatures):
        raise wrong_signature("the message is not signed with the key of decisions")
    if not webhook_id or not timestamp.isdecimal() or abs(ports.clock.now() - int(timestamp)) > TOLERANCE_SECONDS:
        raise wrong_signature(f"webhook-timestamp differs from the time by more than {TOLERANCE_SECONDS} seconds")


_NAMES: Final = ("id", "timestamp", "signature")
