"""Turns unexpected HTTP responses and network failures into errors that a user can act on."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from json import JSONDecodeError, loads
from typing import Final

from urllib3 import BaseHTTPResponse

from .errors import UserError
from .exit_codes import ExitCode

MAX_SKEW_SECONDS: Final = 240.0  # AWS refuses a signature that is five minutes old
_MAX_MESSAGE_CHARACTERS: Final = 300

SET_CLOCK: Final = "set the clock (timedatectl set-ntp true, or systemsetup -setusingnetworktime on) and try again"


def explain_unreachable(url: str, error: Exception, remedy: str) -> UserError:
    """Explain a request that got no response."""
    reason = "timed out" if "imed out" in str(error) else "connection failed"
    return UserError(ExitCode.UNAVAILABLE, f"{url} does not respond ({reason})", remedy or "check address and network")


def measure_skew(response: BaseHTTPResponse, now: Callable[[], float] = time.time) -> float | None:
    """Return how many seconds this machine's clock is ahead of the server's; None without a valid Date header."""
    with suppress(TypeError, ValueError):
        date: datetime = parsedate_to_datetime(response.headers["Date"])
        return now() - date.timestamp()
    return None


def format_duration(seconds: float) -> str:
    """Return `90 seconds`, or minutes from two on."""
    minute = 60
    return f"{seconds / minute:.0f} minutes" if seconds >= 2 * minute else f"{seconds:.0f} seconds"


def explain_clock(ahead: float) -> UserError:
    """Explain a clock of this machine that is off by so many seconds."""
    direction = "ahead of" if ahead > 0 else "behind"
    sentence = f"this machine's clock is {format_duration(abs(ahead))} {direction} the server's"
    return UserError(ExitCode.CONFIG, sentence, SET_CLOCK)


def explain_response(url: str, response: BaseHTTPResponse) -> UserError:
    """Explain a response by its status."""
    message = read_message(response)
    match response.status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return _explain_denial(url, response, message)
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return _explain_unavailable(response, message)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return UserError(ExitCode.BUSY, f"the API is throttling requests ({message})", "run it again in a minute")
        case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            sentence = f"the API failed with {status} ({message})"
            return UserError(ExitCode.UNAVAILABLE, sentence, "see ./longhand logs api --since 10m")
        case HTTPStatus.NOT_FOUND:
            return explain_foreign_response(url, response)
        case _:
            return UserError(ExitCode.REFUSED, f"the API refused the request ({message})")


def _explain_unavailable(response: BaseHTTPResponse, message: str) -> UserError:
    if b'"estimate_not_ready"' in response.data:
        return UserError(ExitCode.BUSY, "no worker has made the estimate yet", "run it again, or ./longhand doctor")
    sentence = f"the API responds, but the Resonate server behind it does not ({message})"
    return UserError(ExitCode.UNAVAILABLE, sentence, "run ./longhand doctor")


def _explain_denial(url: str, response: BaseHTTPResponse, message: str) -> UserError:
    ahead = measure_skew(response)
    if ahead is not None and abs(ahead) > MAX_SKEW_SECONDS:
        return explain_clock(ahead)
    remedy = "use authorized credentials: see --auth, --token and --aws-profile"
    return UserError(ExitCode.DENIED, f"access denied by {url} ({message})", remedy)


def explain_foreign_response(url: str, response: BaseHTTPResponse) -> UserError:
    """Explain a response of another API, or of a newer version of this one."""
    sentence = f"{url} sent a response that is not this API's (HTTP {response.status})"
    return UserError(ExitCode.CONFIG, sentence, "check the address")


def read_message(response: BaseHTTPResponse) -> str:
    """Return the message of an error body, ours or API Gateway's; without one, the status."""
    try:
        body = loads(response.data)
    except (JSONDecodeError, UnicodeDecodeError, RecursionError):
        return f"HTTP {response.status}"
    message = (body.get("error") or body.get("message") or body.get("Message")) if isinstance(body, dict) else None
    return message[:_MAX_MESSAGE_CHARACTERS] if isinstance(message, str) else f"HTTP {response.status}"
