"""Checks whether the API responds, and whether its clock agrees with this machine's."""

from http import HTTPStatus
from typing import Final

from longhand_client import ApiError
from ops.http_errors import SET_CLOCK, explain_foreign_response, explain_problem, format_duration, measure_skew

from .check import Outcome, fail, ok, skip, warn
from .context import ApiContext

_WARNING_SKEW_SECONDS: Final = 5.0  # leases and deadlines are off by as much
_MAX_SKEW_SECONDS: Final = 60.0  # tolerance of a token's expiry; a signature tolerates 300


def check_api(context: ApiContext) -> Outcome:
    """Request the status of no job, which this API refuses in its own words."""
    response = context.api.send_once("GET", "/status/")
    if response.status == HTTPStatus.BAD_REQUEST and b"jobId" in response.body:
        return ok(f"{context.api.url} responds")
    is_foreign = response.status < HTTPStatus.UNAUTHORIZED
    url = context.api.url
    error = explain_foreign_response(url, response) if is_foreign else explain_problem(url, ApiError(response))
    return fail(error.sentence, error.remedy)


def check_api_clock(context: ApiContext) -> Outcome:
    """Compare the Date header of a response with this machine's clock."""
    ahead = measure_skew(context.api.send_once("GET", "/status/"), context.clock.now)
    return skip("the API's response has no Date header") if ahead is None else compare_clocks(ahead, "API")


def compare_clocks(ahead: float, other: str) -> Outcome:
    """Judge by how many seconds this machine's clock is ahead; an HTTP date is accurate to a second."""
    skew = abs(ahead)
    if skew < _WARNING_SKEW_SECONDS:
        return ok(f"within {_WARNING_SKEW_SECONDS:.0f} seconds of the {other}'s clock")
    direction = "ahead of" if ahead > 0 else "behind"
    sentence = f"this machine's clock is {format_duration(skew)} {direction} the {other}'s"
    return fail(sentence, SET_CLOCK) if skew > _MAX_SKEW_SECONDS else warn(sentence, SET_CLOCK)
