"""Polls until something has ended, as politely as the API asks for.

The first polls follow each other quickly, because most jobs end within a second. Then the pauses grow to the seconds of
`Retry-After`. An answer that has not changed is a 304 without a body.

Each request but the first asks the API to hold it until there is a change. An API that does so is asked again at once.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

from contract.preference import APPLIED_HEADER, MAX_WAIT_SECONDS, PREFER_HEADER, format_wait

from .errors import ApiError, UnreachableError, WaitTimeoutError
from .exchange import Item, Operation, Pause, Reply, Request, Stream
from .sending import read, read_retry_after, send

_MIN_SECONDS: Final = 0.2
_BACKOFF: Final = 1.2
_DEFAULT_SECONDS: Final = 2.0  # when an answer has no Retry-After
_MAX_OUTAGE_SECONDS: Final = 120.0  # an API that restarts is back within this

type Now = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often to poll. `max_seconds` caps a pause that the API asks for, for a person who is watching."""

    max_seconds: float | None = None
    now: Now = time.monotonic


SYSTEM_PACE: Final = Pace()


class Poller[T]:
    """Reads one address until its answer is not one of the `unfinished` types."""

    def __init__(
        self,
        path: str,
        kind: Any,  # noqa: ANN401 - a type
        unfinished: tuple[type, ...],
        *,
        pace: Pace,
        timeout: float | None = None,
    ) -> None:
        """Without a `timeout` in seconds it polls until the end."""
        self._path: Final = path
        self._kind: Final = kind
        self._unfinished: Final = unfinished
        self._pace: Final = pace
        self._timeout: Final = timeout
        self._started_at: Final = pace.now()
        self._answered_at = self._started_at
        self._last: T | None = None
        self._tag = ""
        self._pause = 0.0
        self._max_pause = _DEFAULT_SECONDS

    def watch(self) -> Stream[T]:
        """Yield the answer and each change of it; the last is the end."""
        while self._last is None or isinstance(self._last, self._unfinished):
            yield Item((yield from self._find_change()))

    def wait(self) -> Operation[T]:
        """Return the answer that is the end."""
        answer = yield from self._find_change()
        while isinstance(answer, self._unfinished):
            answer = yield from self._find_change()
        return answer

    def _find_change(self) -> Operation[T]:
        while True:
            if self._last is not None:
                yield Pause(self._choose_pause())
            answer = yield from self._read()
            if answer is not None and answer != self._last:
                self._last, self._pause = answer, 0.0
                return answer

    def _read(self) -> Operation[T | None]:
        """Return the answer; None if it has not changed, or if the API does not answer at the moment."""
        try:
            reply = yield from send(Request(method="GET", path=self._path, headers=self._make_headers()))
            if reply.status == HTTPStatus.NOT_MODIFIED:
                self._note(reply)
                return None
            answer = cast("T", read(reply, self._kind))
        except (ApiError, UnreachableError) as error:
            self._check_outage(error)
            return None
        self._note(reply)
        self._tag = reply.headers.get("etag", "")
        return answer

    def _note(self, reply: Reply) -> None:
        self._answered_at = self._pace.now()
        is_held = APPLIED_HEADER.lower() in reply.headers
        self._max_pause = _MIN_SECONDS if is_held else read_retry_after(reply) or _DEFAULT_SECONDS

    def _make_headers(self) -> dict[str, str]:
        """Return the headers of a request, which is held no longer than there is time."""
        if not self._tag:
            return {}
        left = MAX_WAIT_SECONDS if self._timeout is None else int(self._started_at + self._timeout - self._pace.now())
        seconds = min(left, MAX_WAIT_SECONDS)
        return {"If-None-Match": self._tag, **({PREFER_HEADER: format_wait(seconds)} if seconds > 0 else {})}

    def _check_outage(self, error: ApiError | UnreachableError) -> None:
        """Raise the error unless it is probably a restart."""
        is_outage = isinstance(error, UnreachableError) or error.is_temporary
        if not is_outage or self._last is None or self._pace.now() - self._answered_at > _MAX_OUTAGE_SECONDS:
            raise error
        self._pause = _DEFAULT_SECONDS

    def _choose_pause(self) -> float:
        """Return the seconds until the next poll. Raises WaitTimeoutError if it would come too late."""
        pace = self._pace
        longest = self._max_pause if pace.max_seconds is None else min(self._max_pause, pace.max_seconds)
        self._pause = min(self._pause * _BACKOFF or _MIN_SECONDS, longest)
        if self._timeout is None:
            return self._pause
        left = self._started_at + self._timeout - pace.now()
        if left <= 0:
            raise WaitTimeoutError(self._timeout, self._last)
        return min(self._pause, left)
