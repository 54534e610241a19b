"""Reads and follows the lines of a CloudWatch log group."""

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError  # type: ignore[import-untyped] # it has no types

from ops.errors import UserError
from ops.exit_codes import ExitCode

from .client import Client
from .errors import aws_errors, error_code

_POLL_SECONDS: Final = 2.0  # an account may send few such requests per second
_OVERLAP_MS: Final = 10_000  # lines of several tasks arrive out of order
_REMEMBERED_IDS: Final = 50_000  # ids of lines that were yielded already


@dataclass(frozen=True)
class LogLine:
    """One line; `at` is milliseconds since 1970."""

    at: int
    stream: str
    text: str


class LogGroup:
    """One log group."""

    def __init__(self, client: Client, name: str) -> None:
        self._client: Final = client
        self._name: Final = name

    def read(self, since: int) -> Iterator[LogLine]:
        """Yield the lines written since then."""
        for event in self._list_events(since):
            yield _make_line(event)

    def follow(self, since: int) -> Iterator[LogLine]:
        """Yield the lines written since then, and new ones without end; each line once."""
        seen_ids: deque[str] = deque(maxlen=_REMEMBERED_IDS)
        while True:
            for event in self._list_events(since):
                if event["eventId"] not in seen_ids:
                    seen_ids.append(event["eventId"])
                    since = max(since, event["timestamp"] - _OVERLAP_MS)
                    yield _make_line(event)
            time.sleep(_POLL_SECONDS)

    def _list_events(self, since: int) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("filter_log_events")
        with aws_errors():
            try:
                for page in pages.paginate(logGroupName=self._name, startTime=since):
                    yield from page["events"]
            except ClientError as error:
                if error_code(error) != "ResourceNotFoundException":
                    raise
                sentence = f"there is no log group {self._name}"
                raise UserError(ExitCode.CONFIG, sentence, "deploy again: ./longhand deploy") from error


def _make_line(event: dict[str, Any]) -> LogLine:
    return LogLine(event["timestamp"], event.get("logStreamName", ""), event["message"].rstrip("\n"))
