"""Turns unexpected HTTP responses and network failures into errors that a user can act on."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from longhand_client import (
    AddressError,
    ApiError,
    ClientError,
    ForeignAnswerError,
    Reply,
    UnreachableError,
    UploadError,
)

from .errors import UserError
from .exit_codes import ExitCode

MAX_SKEW_SECONDS: Final = 240.0  # AWS refuses a signature that is five minutes old

SET_CLOCK: Final = "set the clock (timedatectl set-ntp true, or systemsetup -setusingnetworktime on) and try again"


def explain_error(url: str, error: ClientError, remedy: str) -> UserError:
    """Explain a request that failed; `remedy` is the advice for an API that does not respond."""
    match error:
        case AddressError():
            return UserError(ExitCode.CONFIG, f"{url} is not a valid API address", "use the form https://host")
        case UnreachableError():
            return UserError(ExitCode.UNAVAILABLE, str(error), remedy or "check address and network")
        case ForeignAnswerError():
            return explain_foreign_response(url, error.reply)
        case ApiError():
            return explain_problem(url, error)
        case UploadError():
            return UserError(ExitCode.UNAVAILABLE, str(error), "run the command again, and check this machine's clock")
        case _:
            return UserError(ExitCode.BUSY, str(error))


def measure_skew(response: Reply, now: Callable[[], float] = time.time) -> float | None:
    """Return how many seconds this machine's clock is ahead of the server's; None without a valid Date header."""
    with suppress(TypeError, ValueError):
        date: datetime = parsedate_to_datetime(response.headers["date"])
        return now() - date.timestamp()
    return None


def format_duration(seconds: float) -> str:
    """Return `90 seconds`, or minutes from two on."""
    minute = 60
    return f"{seconds / minute:.0f} minutes" if seconds >= 2 * minute else f"{seconds:.0f} seconds"


def explain_clock(ahead: float) -> UserError:
    """Explain that this machine's clock is ahead or behind by these seconds."""
    direction = "ahead of" if ahead > 0 else "behind"
    sentence = f"this machine's clock is {format_duration(abs(ahead))} {direction} the server's"
    return UserError(ExitCode.CONFIG, sentence, SET_CLOCK)


def explain_problem(url: str, problem: ApiError) -> UserError:
    """Explain a response by its status."""
    message = problem.sentence
    match problem.status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return _explain_denial(url, problem)
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return _explain_unavailable(problem)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return UserError(ExitCode.BUSY, f"the API is throttling requests ({message})", "run it again in a minute")
        case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            sentence = f"the API failed with {status} ({message})"
            return UserError(ExitCode.UNAVAILABLE, sentence, "see ./longhand logs api")
        case HTTPStatus.NOT_FOUND:
            return explain_foreign_response(url, problem.reply)
        case _:
            return UserError(ExitCode.REFUSED, f"the API refused the request ({message})")


def _explain_unavailable(problem: ApiError) -> UserError:
    if problem.code == "estimate_not_ready":
        return UserError(ExitCode.BUSY, "no worker has made the estimate yet", "run it again, or ./longhand doctor")
    sentence = f"the API responds, but the Resonate server behind it does not ({problem.sentence})"
    return UserError(ExitCode.UNAVAILABLE, sentence, "run ./longhand doctor")


def _explain_denial(url: str, problem: ApiError) -> UserError:
    ahead = measure_skew(problem.reply)
    if ahead is not None and abs(ahead) > MAX_SKEW_SECONDS:
        return explain_clock(ahead)
    remedy = "use authorized credentials: see --auth, --token and --aws-profile"
    return UserError(ExitCode.DENIED, f"access denied by {url} ({problem.sentence})", remedy)


def explain_foreign_response(url: str, response: Reply) -> UserError:
    """Explain a response of another API, or of a newer version of this one."""
    sentence = f"{url} sent a response that is not this API's (HTTP {response.status})"
    return UserError(ExitCode.CONFIG, sentence, "check the address")
