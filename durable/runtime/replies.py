"""Which replies are the server's answers, and which mean that a request must be sent again."""

from http import HTTPStatus
from typing import Final

from resonate.error import ConnectorError

_REFUSALS: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_NO_ANSWER: Final = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
_MAX_RETRIES_OF_500: Final = 6  # about five seconds: the server's database may be failing over


class RefusedError(ConnectorError):
    """The server refused the token: the process must restart with a new one."""


def refuses_token(status: int) -> bool:
    """Whether the server refuses the token."""
    return status in _REFUSALS


def is_answer(status: int, attempt: int) -> bool:
    """Whether a reply to this attempt, counted from 1, is the server's answer."""
    is_retried = status == HTTPStatus.INTERNAL_SERVER_ERROR and attempt <= _MAX_RETRIES_OF_500
    return not is_retried and status not in _NO_ANSWER
