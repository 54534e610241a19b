"""Turns every failure into an answer of the API, without the server's address, a token or a traceback."""

import re
from http import HTTPMethod, HTTPStatus
from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from contract.answers import Problem
from wire.errors import Denied, WireError

JSON: Final = "application/json"
RETRY_AFTER_SECONDS: Final = 2  # the server restarts in about that time
# Each path of the API, and the one method that it takes.
METHODS: Final = {r"/process-document": HTTPMethod.POST, r"/status(/[^/]*)?": HTTPMethod.GET}


class ProblemError(Exception):
    """Ends a request with a status, a code for programs, a sentence for people and perhaps headers."""

    def __init__(self, status: HTTPStatus, code: str, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.sentence = sentence
        self.headers = headers or {}


def bad_request(sentence: str) -> ProblemError:
    """The client must change the request."""
    return ProblemError(HTTPStatus.BAD_REQUEST, "bad_request", sentence)


def too_large(max_bytes: int) -> ProblemError:
    """The client must send less."""
    sentence = f"the body may have at most {max_bytes} bytes"
    return ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", sentence)


def job_id_taken(job_id: str) -> ProblemError:
    """Another job has this id."""
    sentence = f"jobId {job_id} belongs to another request: send the same one again, or choose another id"
    return ProblemError(HTTPStatus.CONFLICT, "job_id_taken", sentence)


def unavailable(seconds: int) -> ProblemError:
    """The server does not answer. The job may not be recorded: the client should send the same request again."""
    return _retry_later(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "the server does not answer", seconds)


def estimate_not_ready(seconds: int) -> ProblemError:
    """No worker has made the estimate yet: all are busy, or the document is large."""
    sentence = "the estimate is not ready yet"
    return _retry_later(HTTPStatus.SERVICE_UNAVAILABLE, "estimate_not_ready", sentence, seconds)


def too_many_estimates(seconds: int) -> ProblemError:
    """The client has used up this hour's estimates of one request."""
    sentence = "this request was estimated too often within the hour"
    return _retry_later(HTTPStatus.TOO_MANY_REQUESTS, "too_many_estimates", sentence, seconds)


def _retry_later(status: HTTPStatus, code: str, sentence: str, seconds: int) -> ProblemError:
    advice = f"{sentence}: send the same request again in {seconds} seconds"
    return ProblemError(status, code, advice, {"Retry-After": str(seconds)})


def internal_error() -> ProblemError:
    """The trigger has a bug or invalid settings; its log has the details."""
    return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "internal error")


def no_route() -> ProblemError:
    """The API has no such path."""
    return ProblemError(HTTPStatus.NOT_FOUND, "no_route", "Not found")


def wrong_method(allowed: HTTPMethod) -> ProblemError:
    """The API has this path, for another method."""
    sentence = f"only {allowed} is allowed here"
    return ProblemError(HTTPStatus.METHOD_NOT_ALLOWED, "wrong_method", sentence, {"Allow": str(allowed)})


def handle_errors(app: APIGatewayHttpResolver, log: Logger) -> None:
    """Register the handlers that turn exceptions into answers."""

    def on_problem(problem: ProblemError) -> Response[str]:
        log.info("refused", code=problem.code, status=problem.status)
        return _response(problem)

    def on_wire_error(error: WireError) -> Response[str]:
        log.error("the request to the server failed", code=error.code, reason=str(error))
        # While a token is rotated, server and function get the new one at different times. Any other refusal is a bug:
        # the request was checked before it was sent.
        is_temporary = error.retry or isinstance(error, Denied)
        return _response(unavailable(RETRY_AFTER_SECONDS) if is_temporary else internal_error())

    def on_any_error(error: Exception) -> Response[str]:
        log.error("unexpected error", exc_info=error)
        return _response(internal_error())

    def on_no_route(_: NotFoundError) -> Response[str]:
        event = app.current_event
        allowed = next((method for path, method in METHODS.items() if re.fullmatch(path, event.path)), None)
        return _response(wrong_method(allowed) if allowed and event.http_method != allowed else no_route())

    app.use([_refuse_unprintable_path])
    app.exception_handler(ProblemError)(on_problem)
    app.exception_handler(WireError)(on_wire_error)
    app.exception_handler(Exception)(on_any_error)
    app.not_found(on_no_route)


def internal_error_event() -> dict[str, Any]:
    """Return the answer of a function whose settings are invalid, so that it has no app."""
    problem = internal_error()
    headers = {"Content-Type": JSON}
    return {"statusCode": problem.status.value, "headers": headers, "body": _body(problem), "isBase64Encoded": False}


def _refuse_unprintable_path(app: APIGatewayHttpResolver, call_next: NextMiddleware) -> Response[str]:
    """Refuse paths with line ends, which the router misreads, or unpaired surrogates, which no answer can contain."""
    if not app.current_event.path.isprintable():
        raise no_route()
    return call_next(app)


def _response(problem: ProblemError) -> Response[str]:
    return Response(problem.status, JSON, _body(problem), headers=problem.headers)


def _body(problem: ProblemError) -> str:
    return Problem(error=problem.sentence, code=problem.code).model_dump_json()
