"""The routes of functions."""

from http import HTTPMethod, HTTPStatus
from typing import Final

from contract import functions

from .route import UNREADABLE_BODY, Route

FUNCTIONS: Final = (
    Route(
        method=HTTPMethod.POST,
        path="/invocations",
        summary="Have a durable function run. The same request again is the same invocation.",
        body=functions.Invocation,
        answers={HTTPStatus.ACCEPTED: (functions.InvocationAccepted,)},
        problems=(*UNREADABLE_BODY, "unknown_function", "invalid_arguments", "invocation_id_taken"),
    ),
    Route(
        method=HTTPMethod.GET,
        path="/invocations/{id}",
        summary="Read the state of an invocation, and what the function returned.",
        answers={
            HTTPStatus.OK: (
                functions.InvocationProcessing,
                functions.InvocationDone,
                functions.InvocationFailed,
                functions.InvocationCanceled,
            ),
            HTTPStatus.NOT_FOUND: (functions.InvocationNotFound,),
        },
    ),
)
