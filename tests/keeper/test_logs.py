"""The keeper's log lines have the format of the worker's, so one query finds both."""

import logging

from durable import JsonFormatter as WorkerFormatter
from keeper.logs import JsonFormatter


def test_a_line_equals_that_of_the_worker() -> None:
    error = LookupError("unknown")
    record = logging.LogRecord("name", logging.WARNING, "file", 1, "a %s", ("message",), (LookupError, error, None))
    record.fields = {"seconds": 1.5, "index": "keeper_tags"}
    assert JsonFormatter().format(record) == WorkerFormatter().format(record)
