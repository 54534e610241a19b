"""Log lines: one JSON object each, with the event's fields."""

import json
import logging
import subprocess
import sys

import pytest

from durable import Fields, JsonFormatter
from local.server_process import ROOT


def line_of(formatter: JsonFormatter, **fields: object) -> Fields:
    """Return what the formatter makes of a record."""
    record = logging.LogRecord("durable.steps", logging.WARNING, "", 0, "step retried", None, None)
    record.fields = fields
    line: Fields = json.loads(formatter.format(record))
    return line


def test_a_line_is_one_json_object_with_the_events_fields() -> None:
    line = line_of(JsonFormatter(), promiseId="doc/a", attempt=2)
    assert line["level"] == "warning"
    assert line["from"] == "durable.steps"
    assert (line["message"], line["promiseId"], line["attempt"]) == ("step retried", "doc/a", 2)


def test_a_program_adds_fields_of_its_own() -> None:
    """A worker of documents adds the job's id, by which a client's request is found in every log."""
    formatter = JsonFormatter(lambda fields: {"jobId": str(fields["promiseId"]).removeprefix("doc/"), "attempt": 0})
    line = line_of(formatter, promiseId="doc/a", attempt=2)
    assert line["jobId"] == "a"
    assert line["attempt"] == 2, "an added field replaces none of the event's"


QUIET = "import logging; from durable.logs import log_as_json_by_default as start; {before}; start(); {log}"
LOG = "logging.getLogger('a').info('started', extra={'fields': {'group': 'orders'}})"


@pytest.mark.parametrize(
    ("before", "line"), [("pass", '"message": "started", "group": "orders"}'), ("logging.basicConfig(level=30)", "")]
)
def test_a_program_that_configures_no_logging_gets_json_lines(before: str, line: str) -> None:
    code = QUIET.format(before=before, log=LOG)
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stderr.rstrip().endswith(line)
    assert bool(ended.stderr) is bool(line)
