"""The one place where what went wrong becomes an answer: what a client may know of it, and what only the log does."""

import re
from http import HTTPMethod
from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from contract.answers import Problem
from wire.errors import Denied, WireError

from .problems import ProblemError, engine_unavailable, internal, no_route, wrong_method

JSON: Final = "application/json"
RETRY_AFTER: Final = 2  # seconds; the engine restarts in about that time
# Each path that there is, and the one method that it takes.
METHODS: Final = {r"/process-document": HTTPMethod.POST, r"/status(/[^/]*)?": HTTPMethod.GET}


def refuse(app: APIGatewayHttpResolver, log: Logger) -> None:
    """Teach the API to say no."""

    def on_problem(problem: ProblemError) -> Response[str]:
        log.info("refused", code=problem.code, status=problem.status)
        return _response(problem)

    def on_wire_error(error: WireError) -> Response[str]:
        log.error("the engine did not do it", code=error.code, reason=str(error))
        # A token that is refused is about to be replaced: server and function are, one after the other. Any other
        # refusal is a fault of ours: the request was checked before it was sent.
        passes = error.retry or isinstance(error, Denied)
        return _response(engine_unavailable(RETRY_AFTER) if passes else internal())

    def on_anything(error: Exception) -> Response[str]:
        log.error("nobody foresaw this", exc_info=error)
        return _response(internal())

    def on_no_route(_: NotFoundError) -> Response[str]:
        event = app.current_event
        allowed = next((method for path, method in METHODS.items() if re.fullmatch(path, event.path)), None)
        return _response(wrong_method(allowed) if allowed and event.http_method != allowed else no_route())

    app.use([whole_path])
    app.exception_handler(ProblemError)(on_problem)
    app.exception_handler(WireError)(on_wire_error)
    app.exception_handler(Exception)(on_anything)
    app.not_found(on_no_route)


def out_of_order() -> dict[str, Any]:
    """Answer for a function that is not set up, and so has no API that could."""
    body = _body(internal())
    headers = {"Content-Type": JSON}
    return {"statusCode": internal().status.value, "headers": headers, "body": body, "isBase64Encoded": False}


def whole_path(app: APIGatewayHttpResolver, go_on: NextMiddleware) -> Response[str]:
    """Refuse a path that the router reads as another, or that no answer can name: a line's end, half a character."""
    if not app.current_event.path.isprintable():
        raise no_route()
    return go_on(app)


def _response(problem: ProblemError) -> Response[str]:
    return Response(problem.status, JSON, _body(problem), headers=problem.headers)


def _body(problem: ProblemError) -> str:
    return Problem(error=problem.sentence, code=problem.code).model_dump_json()
