"""Does our API answer, and does its clock agree with ours?"""

from http import HTTPStatus
from typing import Protocol

from ops.api import Api
from ops.clock import Clock
from ops.http_errors import SET_CLOCK, explain_foreign_response, explain_response, format_duration, measure_skew

from .check import Outcome, fail, ok, skip, warn

_DOUBTFUL = 5.0  # seconds; leases and deadlines are shorter or longer than people think by as much
_WRONG = 60.0  # seconds that a token's expiry may be off; a signature may by 300


class ApiContext(Protocol):
    """What these checks look at."""

    @property
    def api(self) -> Api:
        """The API."""

    @property
    def clock(self) -> Clock:
        """The clock of this machine."""


def api_answers(scene: ApiContext) -> Outcome:
    """Ask for nothing in particular, which our API refuses in words of its own."""
    answer = scene.api.send_once("GET", "/status/")
    if answer.status == HTTPStatus.BAD_REQUEST and b"jobId" in answer.data:
        return ok(f"{scene.api.url} answers")
    fault = (
        explain_foreign_response(scene.api.url, answer)
        if answer.status < HTTPStatus.UNAUTHORIZED
        else explain_response(scene.api.url, answer)
    )
    return fail(fault.sentence, fault.remedy)


def api_clock(scene: ApiContext) -> Outcome:
    """Compare the time in the answer with ours."""
    ahead = measure_skew(scene.api.send_once("GET", "/status/"), scene.clock.now)
    return skip("the API does not say what time it is") if ahead is None else compare_clocks(ahead, "the API")


def compare_clocks(ahead: float, whose: str) -> Outcome:
    """Say how far apart two clocks are; an HTTP date is a second coarse."""
    off = abs(ahead)
    if off < _DOUBTFUL:
        return ok(f"as {whose}, within {_DOUBTFUL:.0f} seconds")
    direction = "ahead of" if ahead > 0 else "behind"
    sentence = f"this machine's clock is {format_duration(off)} {direction} that of {whose}"
    return fail(sentence, SET_CLOCK) if off > _WRONG else warn(sentence, SET_CLOCK)
