"""The events that the function is invoked with: the server's message itself, or an HTTP request with it.

A direct invocation has the message as its event; IAM says who may send it. An HTTP request is API Gateway's, in payload
version 2.0, and gets the answers that Resonate's own function gives.
"""

import base64
import json
from collections.abc import Mapping
from http import HTTPMethod, HTTPStatus
from typing import Any

from msgspec import ValidationError, convert

from durable.wire.function_calls import CallAnswer, CallStatus, FunctionCall


class BadCallError(ValueError):
    """The event is not a call of the function; `status` is the HTTP status."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def is_http(event: Mapping[str, Any]) -> bool:
    """Whether the event is an HTTP request."""
    return "requestContext" in event


def read_call(event: Mapping[str, Any]) -> FunctionCall:
    """Return the call in an event. Raises BadCallError."""
    try:
        return convert(_read_body(event) if is_http(event) else event, FunctionCall)
    except BadCallError:
        raise
    except (ValidationError, ValueError, RecursionError) as error:
        raise BadCallError(HTTPStatus.BAD_REQUEST, "the message is not one that offers a task to run") from error


def _read_body(event: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    if event["requestContext"].get("http", {}).get("method") != HTTPMethod.POST:
        raise BadCallError(HTTPStatus.METHOD_NOT_ALLOWED, "only POST is allowed here")
    body = event.get("body")
    if not body:
        raise BadCallError(HTTPStatus.BAD_REQUEST, "the body is missing")
    return json.loads(base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body)


def answer_http(answer: CallAnswer) -> dict[str, Any]:
    """Return the HTTP answer.

    It tells the server whether the task is done, or goes on later after a hand-over or parking.
    """
    if answer.status == CallStatus.LOST:
        return refuse_http(HTTPStatus.INTERNAL_SERVER_ERROR, "the server did not answer in time")
    is_completed = answer.status == CallStatus.COMPLETED
    status = CallStatus.COMPLETED if is_completed else CallStatus.SUSPENDED
    return _to_event(HTTPStatus.OK, {"status": str(status)})


def refuse_http(status: HTTPStatus, sentence: str) -> dict[str, Any]:
    """Return the HTTP answer of an error."""
    return _to_event(status, {"error": sentence})


def _to_event(status: HTTPStatus, body: Mapping[str, str]) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    return {"statusCode": status.value, "headers": headers, "body": json.dumps(body), "isBase64Encoded": False}
