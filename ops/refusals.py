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

from .exits import Exit
from .faults import Fault

SKEW: Final = 240.0  # seconds; AWS refuses a signature that is five minutes old
_LONGEST: Final = 300  # characters that are shown of what a server says

SET_CLOCK: Final = "set it (timedatectl set-ntp true, or systemsetup -setusingnetworktime on) and try again"


def away(url: str, error: Exception, remedy: str) -> Fault:
    """Nobody answered."""
    why = "there was no answer in time" if "imed out" in str(error) else "the connection could not be made, or broke"
    return Fault(Exit.UNAVAILABLE, f"{url} does not answer ({why})", remedy or "check the address and the network")


def skew(answer: BaseHTTPResponse, clock: Callable[[], float] = time.time) -> float | None:
    """Seconds by which our clock is ahead of the server's, as far as an answer tells."""
    with suppress(TypeError, ValueError):
        told: datetime = parsedate_to_datetime(answer.headers["Date"])
        return clock() - told.timestamp()
    return None


def duration(seconds: float) -> str:
    """A length of time as people say it."""
    minutes = 60
    return f"{seconds / minutes:.0f} minutes" if seconds >= 2 * minutes else f"{seconds:.0f} seconds"


def clock_fault(ahead: float) -> Fault:
    """Our clock is wrong."""
    direction = "ahead of" if ahead > 0 else "behind"
    return Fault(Exit.CONFIG, f"this machine's clock is {duration(abs(ahead))} {direction} the server's", SET_CLOCK)


def refusal(url: str, answer: BaseHTTPResponse) -> Fault:
    """Say what the status means."""
    said = sentence(answer)
    match answer.status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return _denied(url, answer, said)
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return _unavailable(answer, said)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Fault(Exit.BUSY, f"the API takes no more requests for now ({said})", "run it again in a minute")
        case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Fault(Exit.UNAVAILABLE, f"the API failed with {status} ({said})", "./longhand logs api --since 10m")
        case HTTPStatus.NOT_FOUND:
            return not_ours(url, answer)
        case _:
            return Fault(Exit.REFUSED, f"the API refused it ({said})")


def _unavailable(answer: BaseHTTPResponse, said: str) -> Fault:
    if b'"estimate_not_ready"' in answer.data:
        return Fault(Exit.BUSY, "no worker has made the estimate yet", "run it again, or ./longhand doctor")
    return Fault(Exit.UNAVAILABLE, f"the API answers, its job store does not ({said})", "./longhand doctor")


def _denied(url: str, answer: BaseHTTPResponse, said: str) -> Fault:
    ahead = skew(answer)
    if ahead is not None and abs(ahead) > SKEW:
        return clock_fault(ahead)
    remedy = "use credentials that may call it, see --auth, --token and --aws-profile"
    return Fault(Exit.DENIED, f"{url} does not let us in ({said})", remedy)


def not_ours(url: str, answer: BaseHTTPResponse) -> Fault:
    """Something answers that is not our API, or a newer one."""
    return Fault(
        Exit.CONFIG, f"{url} answered {answer.status} with what is not an answer of this API", "check the address"
    )


def sentence(answer: BaseHTTPResponse) -> str:
    """What the server says, if it says anything: our own problems, or API Gateway's."""
    try:
        body = loads(answer.data)
    except (JSONDecodeError, UnicodeDecodeError, RecursionError):
        return f"HTTP {answer.status}"
    said = (body.get("error") or body.get("message") or body.get("Message")) if isinstance(body, dict) else None
    return said[:_LONGEST] if isinstance(said, str) else f"HTTP {answer.status}"
