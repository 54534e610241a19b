"""What an answer that is not the one hoped for means to a person, and what they can do about it."""

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

SKEW: Final = 240.0  # seconds; AWS refuses a signature that is five minutes old
_LONGEST: Final = 300  # characters that are shown of what a server says

SET_CLOCK: Final = "set it (timedatectl set-ntp true, or systemsetup -setusingnetworktime on) and try again"


def explain_unreachable(url: str, error: Exception, remedy: str) -> UserError:
    """Nobody answered."""
    why = "there was no answer in time" if "imed out" in str(error) else "the connection could not be made, or broke"
    return UserError(
        ExitCode.UNAVAILABLE, f"{url} does not answer ({why})", remedy or "check the address and the network"
    )


def measure_skew(answer: BaseHTTPResponse, clock: Callable[[], float] = time.time) -> float | None:
    """Seconds by which our clock is ahead of the server's, as far as an answer tells."""
    with suppress(TypeError, ValueError):
        told: datetime = parsedate_to_datetime(answer.headers["Date"])
        return clock() - told.timestamp()
    return None


def format_duration(seconds: float) -> str:
    """A length of time as people say it."""
    minutes = 60
    return f"{seconds / minutes:.0f} minutes" if seconds >= 2 * minutes else f"{seconds:.0f} seconds"


def explain_clock(ahead: float) -> UserError:
    """Our clock is wrong."""
    direction = "ahead of" if ahead > 0 else "behind"
    return UserError(
        ExitCode.CONFIG, f"this machine's clock is {format_duration(abs(ahead))} {direction} the server's", SET_CLOCK
    )


def explain_response(url: str, answer: BaseHTTPResponse) -> UserError:
    """Say what the status means."""
    said = sentence(answer)
    match answer.status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return _denied(url, answer, said)
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return _unavailable(answer, said)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return UserError(
                ExitCode.BUSY, f"the API takes no more requests for now ({said})", "run it again in a minute"
            )
        case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return UserError(
                ExitCode.UNAVAILABLE, f"the API failed with {status} ({said})", "./longhand logs api --since 10m"
            )
        case HTTPStatus.NOT_FOUND:
            return explain_foreign_response(url, answer)
        case _:
            return UserError(ExitCode.REFUSED, f"the API refused it ({said})")


def _unavailable(answer: BaseHTTPResponse, said: str) -> UserError:
    if b'"estimate_not_ready"' in answer.data:
        return UserError(ExitCode.BUSY, "no worker has made the estimate yet", "run it again, or ./longhand doctor")
    return UserError(ExitCode.UNAVAILABLE, f"the API answers, its job store does not ({said})", "./longhand doctor")


def _denied(url: str, answer: BaseHTTPResponse, said: str) -> UserError:
    ahead = measure_skew(answer)
    if ahead is not None and abs(ahead) > SKEW:
        return explain_clock(ahead)
    remedy = "use credentials that may call it, see --auth, --token and --aws-profile"
    return UserError(ExitCode.DENIED, f"{url} does not let us in ({said})", remedy)


def explain_foreign_response(url: str, answer: BaseHTTPResponse) -> UserError:
    """Something answers that is not our API, or a newer one."""
    return UserError(
        ExitCode.CONFIG, f"{url} answered {answer.status} with what is not an answer of this API", "check the address"
    )


def sentence(answer: BaseHTTPResponse) -> str:
    """What the server says, if it says anything: our own problems, or API Gateway's."""
    try:
        body = loads(answer.data)
    except (JSONDecodeError, UnicodeDecodeError, RecursionError):
        return f"HTTP {answer.status}"
    said = (body.get("error") or body.get("message") or body.get("Message")) if isinstance(body, dict) else None
    return said[:_LONGEST] if isinstance(said, str) else f"HTTP {answer.status}"
