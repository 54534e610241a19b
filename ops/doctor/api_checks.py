"""Does our API answer, and does its clock agree with ours?"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol

from ops.api import Api
from ops.refusals import SET_CLOCK, duration, not_ours, refusal, skew

from .check import Seen, doubtful, fine, skipped, wrong

_DOUBTFUL = 5.0  # seconds; leases and deadlines are shorter or longer than people think by as much
_WRONG = 60.0  # seconds that a token's expiry may be off; a signature may by 300


class Scene(Protocol):
    """What these checks look at."""

    @property
    def api(self) -> Api:
        """The API."""

    @property
    def clock(self) -> Callable[[], float]:
        """Our clock, in seconds since 1970."""


def api_answers(scene: Scene) -> Seen:
    """Ask for nothing in particular, which our API refuses in words of its own."""
    answer = scene.api.once("GET", "/status/")
    if answer.status == HTTPStatus.BAD_REQUEST and b"jobId" in answer.data:
        return fine(f"{scene.api.url} answers")
    fault = (
        not_ours(scene.api.url, answer) if answer.status < HTTPStatus.UNAUTHORIZED else refusal(scene.api.url, answer)
    )
    return wrong(fault.sentence, fault.remedy)


def api_clock(scene: Scene) -> Seen:
    """Compare the time in the answer with ours."""
    ahead = skew(scene.api.once("GET", "/status/"), scene.clock)
    return skipped("the API does not say what time it is") if ahead is None else judged(ahead, "the API")


def judged(ahead: float, whose: str) -> Seen:
    """Say how far apart two clocks are; an HTTP date is a second coarse."""
    off = abs(ahead)
    if off < _DOUBTFUL:
        return fine(f"as {whose}, within {_DOUBTFUL:.0f} seconds")
    direction = "ahead of" if ahead > 0 else "behind"
    sentence = f"this machine's clock is {duration(off)} {direction} that of {whose}"
    return wrong(sentence, SET_CLOCK) if off > _WRONG else doubtful(sentence, SET_CLOCK)
