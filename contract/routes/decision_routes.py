"""The routes of decisions, which people and systems take."""

from http import HTTPMethod, HTTPStatus
from typing import Final

from contract import answers, job_lists
from contract.decision import ApprovalMessage, Decision, DecisionForm

from .route import PAGE, REQUESTER, UNREADABLE_BODY, Parameter, Route

_TOKEN: Final = Parameter(name="token", about="As it is in the link.", schema={"type": "string"})
_PAGE_PROBLEMS: Final = (
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.GONE,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_OPEN: Final = Parameter(name="state", about="Only open ones are listed.", schema={"type": "string", "enum": ["open"]})

DECISIONS: Final = (
    Route(
        method=HTTPMethod.GET,
        path="/decisions",
        summary="List the decisions that jobs wait for, the newest first.",
        parameters=(_OPEN, REQUESTER, *PAGE),
        answers={HTTPStatus.OK: (job_lists.DecisionPage,)},
        problems=("bad_request",),
    ),
    Route(
        method=HTTPMethod.GET,
        path="/decisions/{decisionId}",
        summary="Read the question that a job waits for, or how it was answered.",
        answers={HTTPStatus.OK: (answers.DecisionDetails,)},
        problems=("decision_not_found",),
    ),
    Route(
        method=HTTPMethod.POST,
        path="/decisions/{decisionId}",
        summary="Answer the question that a job waits for.",
        body=Decision,
        answers={HTTPStatus.OK: (answers.Decided,)},
        problems=(*UNREADABLE_BODY, "decision_not_found", "decided_otherwise", "job_ended"),
    ),
    Route(
        method=HTTPMethod.GET,
        path="/decisions/{decisionId}/link",
        summary="Show the page behind the link in a notice. It decides nothing.",
        answers={},
        parameters=(_TOKEN,),
        is_public=True,
        page_statuses=(HTTPStatus.OK, *_PAGE_PROBLEMS),
    ),
    Route(
        method=HTTPMethod.POST,
        path="/decisions/{decisionId}/link",
        summary="Decide by the form of that page.",
        body=DecisionForm,
        answers={},
        parameters=(_TOKEN,),
        is_public=True,
        page_statuses=(
            HTTPStatus.OK,
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.CONFLICT,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            *_PAGE_PROBLEMS,
        ),
    ),
    Route(
        method=HTTPMethod.POST,
        path="/webhooks/approval",
        summary="Answer a question from a system outside, whose message is signed as Standard Webhooks says.",
        body=ApprovalMessage,
        answers={HTTPStatus.NO_CONTENT: ()},
        problems=(*UNREADABLE_BODY, "wrong_signature", "decision_not_found", "decided_otherwise", "job_ended"),
        is_public=True,
    ),
)
