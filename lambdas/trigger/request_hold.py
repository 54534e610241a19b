"""Holds a request for `Prefer: wait=N`: it is answered anew, after growing pauses, until its answer is worth sending.

It does no I/O: the function that holds a request sleeps, and so does the gateway on a laptop, which holds hundreds.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from contract.api_value import ApiValue, read_json
from contract.preference import APPLIED_HEADER, format_wait

_FIRST_PAUSE_SECONDS: Final = 0.25
_GROWTH: Final = 1.5
_MAX_PAUSE_SECONDS: Final = 2.0  # ten answers in a quarter of a minute
_RETRY_AFTER: Final = "Retry-After"

type Event = Mapping[str, Any]  # an answer as API Gateway reads it


class _State(ApiValue, frozen=True):
    """The state in an answer about a job: the one field of the status, the other of the job."""

    status: str | None = None
    state: str | None = None


class Hold:
    """What one held request waits for."""

    def __init__(self, seconds: int, now: Callable[[], float], *, has_tags: bool) -> None:
        """With `has_tags` the request has If-None-Match and waits for any other answer, otherwise for another state."""
        self._seconds: Final = seconds
        self._now: Final = now
        self._has_tags: Final = has_tags
        self._end: Final = now() + seconds
        self._pause = _FIRST_PAUSE_SECONDS
        self._first: _State | None = None

    def choose_pause(self, answer: Event) -> float | None:
        """Return how long to wait before the request is answered anew; None if this answer is the one to send."""
        left = self._end - self._now()
        if left <= 0 or not self._is_as_before(answer):
            return None
        pause, self._pause = min(self._pause, left), min(self._pause * _GROWTH, _MAX_PAUSE_SECONDS)
        return pause

    def _is_as_before(self, answer: Event) -> bool:
        """Whether nothing has changed. An ended job does not change, and a failure is sent at once."""
        if _RETRY_AFTER not in answer["headers"]:
            return False
        if self._has_tags:
            return bool(answer["statusCode"] == HTTPStatus.NOT_MODIFIED)
        if answer["statusCode"] != HTTPStatus.OK:
            return False
        state: _State = read_json(answer["body"], _State)
        self._first = self._first or state
        return state == self._first

    def mark(self, answer: Event) -> dict[str, Any]:
        """Return the answer to send. Unless it is a failure, a header says that the preference was applied."""
        if answer["statusCode"] not in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED):
            return {**answer}
        return {**answer, "headers": {**answer["headers"], APPLIED_HEADER: format_wait(self._seconds)}}


def answer_held(ask: Callable[[], dict[str, Any]], hold: Hold, sleep: Callable[[float], None]) -> dict[str, Any]:
    """Answer a request once it has another answer, or its time is over."""
    answer = ask()
    while (pause := hold.choose_pause(answer)) is not None:
        sleep(pause)
        answer = ask()
    return hold.mark(answer)
