"""Lines of a log group, as they were written, from a moment on; and those that come, if one waits."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError  # type: ignore[import-untyped] # it has no types

from ops.errors import UserError
from ops.exit_codes import ExitCode

from .client import Client
from .errors import aws_errors, error_code

_PAUSE: Final = 2.0  # seconds between two looks; an account has few such requests a second
_LATE: Final = 10_000  # ms: lines of several tasks arrive out of order
_REMEMBERED: Final = 50_000  # ids of lines that were shown


@dataclass(frozen=True)
class Line:
    """One line, and when it was written, in milliseconds since 1970."""

    at: int
    stream: str
    text: str


class Log:
    """One log group."""

    def __init__(self, client: Client, group: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client: Final = client
        self._group: Final = group
        self._sleep: Final = sleep

    def read(self, since: int) -> Iterator[Line]:
        """Give what was written from that moment on."""
        for event in self._events(since):
            yield _line(event)

    def follow(self, since: int) -> Iterator[Line]:
        """Give it, and what comes, until somebody has seen enough; each line once."""
        outcome: deque[str] = deque(maxlen=_REMEMBERED)
        while True:
            for event in self._events(since):
                if event["eventId"] not in outcome:
                    outcome.append(event["eventId"])
                    since = max(since, event["timestamp"] - _LATE)
                    yield _line(event)
            self._sleep(_PAUSE)

    def _events(self, since: int) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("filter_log_events")
        with aws_errors():
            try:
                for page in pages.paginate(logGroupName=self._group, startTime=since):
                    yield from page["events"]
            except ClientError as error:
                if error_code(error) != "ResourceNotFoundException":
                    raise
                raise UserError(ExitCode.CONFIG, f"there is no log group {self._group}", "./longhand deploy") from error


def _line(event: dict[str, Any]) -> Line:
    return Line(event["timestamp"], event.get("logStreamName", ""), event["message"].rstrip("\n"))
