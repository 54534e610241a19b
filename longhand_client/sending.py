"""Sends requests and reads their answers. A request is repeated only if that is safe and likely to help.

That is: if the API says when, by `Retry-After`; if a request that changes nothing twice met a gateway that was
overloaded or restarting, or a connection that failed. A request that got no response in time is not repeated: each
attempt takes half a minute, and repetition does not make a slow API faster.
"""

from http import HTTPStatus
from typing import Any, Final

from contract.api_value import ApiValue, read_json

from .errors import NOT_FOUND, ApiError, ForeignAnswerError, NotFoundError, UnreachableError
from .exchange import Operation, Pause, Reply, Request

RETRY_AFTER: Final = "retry-after"
_RETRIED_STATUSES: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE)
_CONNECTION_PAUSES: Final = (0.1, 0.5, 2.0)  # a connection that was idle for long fails once; a restart takes seconds
_DEFAULT_SECONDS: Final = 2.0  # when a response has no Retry-After
_MAX_SECONDS: Final = 10.0  # more is the program's own decision


def send(request: Request) -> Operation[Reply]:
    """Send a request, and repeat it if that is safe and likely to help."""
    for pause in _CONNECTION_PAUSES:
        try:
            reply = yield from send_once(request)
        except UnreachableError as error:
            if error.is_timeout or not request.is_repeatable:
                raise
            yield Pause(pause)
            continue
        if not _may_repeat(request, reply):
            return reply
        yield Pause(min(read_retry_after(reply) or _DEFAULT_SECONDS, _MAX_SECONDS))
    return (yield from send_once(request))


def send_once(request: Request) -> Operation[Reply]:
    """Send a request once."""
    reply = yield request
    assert reply is not None, "a request is resumed with its reply"
    return reply


def ask(request: Request, kind: Any, *statuses: HTTPStatus) -> Operation[Any]:  # noqa: ANN401 - a type, and its value
    """Send a request, and read a value of this kind from its answer with one of these statuses, by default 200."""
    reply = yield from send(request)
    return read(reply, kind, *statuses)


def read(reply: Reply, kind: Any, *statuses: HTTPStatus) -> Any:  # noqa: ANN401 - as above
    """Read a value from an answer. Raises ApiError and ForeignAnswerError."""
    if reply.status not in (statuses or (HTTPStatus.OK,)):
        raise _explain(reply)
    try:
        return read_json(reply.body, kind)
    except ValueError as error:
        raise ForeignAnswerError(reply) from error


def read_retry_after(reply: Reply) -> float | None:
    """Return the seconds after which the API asks for the next request."""
    try:
        return max(0.0, float(reply.headers[RETRY_AFTER]))
    except (KeyError, ValueError):  # none, or a date
        return None


def _may_repeat(request: Request, reply: Reply) -> bool:
    return reply.status in _RETRIED_STATUSES and (request.is_repeatable or RETRY_AFTER in reply.headers)


class _ErrorBody(ApiValue, frozen=True):
    """What tells this API's own 404 from that of another server."""

    status: str | int | None = None
    code: str | None = None


def _explain(reply: Reply) -> ApiError | ForeignAnswerError:
    if reply.status != HTTPStatus.NOT_FOUND:
        return ApiError(reply)
    try:
        body: _ErrorBody = read_json(reply.body, _ErrorBody)
    except ValueError:
        return ForeignAnswerError(reply)
    if body.status == NOT_FOUND or body.code:
        return NotFoundError(reply)
    return ForeignAnswerError(reply)
