"""What is measured and what somebody is told of: alarms that go somewhere, and filters that find the lines we write."""

import io
import json
import logging
import re
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from durable.logs import JsonLines, say

from .conftest import ROOT
from .synthesized import Json, Synthesized

ALARMS = {
    "NothingMoves", "JobTooOld", "ServerNotReady", "JobsFail", "TasksParked", "ApiFails", "TriggerErrors",
    "NoticesLost", "WorkerMemory", "DatabaseFull", "DatabaseBusy",
}  # fmt: skip


def alarms(app: Synthesized) -> dict[str, Json]:
    return {one.path.removeprefix("Observability/"): one.properties for one in app.all("AWS::CloudWatch::Alarm")}


def test_somebody_is_told_when_an_alarm_begins_and_when_it_is_over(either: Synthesized) -> None:
    found = alarms(either)
    assert found.keys() == ALARMS
    for alarm in found.values():
        for actions in (alarm["AlarmActions"], alarm["OKActions"]):
            assert either.meant("Observability", actions) == ["<Observability/Alarms>"]
        assert len(alarm["AlarmDescription"]) > 30


def test_a_keeper_that_is_silent_is_an_alarm(either: Synthesized) -> None:
    ready = alarms(either)["ServerNotReady"]
    assert ready["TreatMissingData"] == "breaching"
    [metric] = ready["Metrics"]
    assert metric["MetricStat"]["Metric"]["MetricName"] == "ServerReady"


@pytest.mark.parametrize(
    ("pending", "steps", "load", "tells"),
    [
        (5, 0, 0, True),  # nobody works
        (5, None, None, True),  # there are no workers at all
        (5, 3, 50, False),  # all is well
        (5, 0, 95, False),  # one long step
        (5, 1, 1, False),  # waiting for somebody else, and moving
        (0, 0, 0, False),  # nothing to do
        (None, None, None, False),  # nothing is known; that is the silent keeper's alarm
    ],
)
def test_jobs_that_wait_while_nothing_moves_are_an_alarm(
    small: Synthesized, pending: int | None, steps: int | None, load: int | None, *, tells: bool
) -> None:
    """The alarm's own expression, with numbers in place of metrics."""
    alarm = alarms(small)["NothingMoves"]
    [expression] = [one["Expression"] for one in alarm["Metrics"] if "Expression" in one]
    values = {"pending": pending, "steps": steps, "load": load}
    filled = re.sub(r"FILL\((\w+), 0\)", lambda match: str(values[match[1]] or 0), expression)
    condition = re.fullmatch(r"IF\((.*), 1, 0\)", filled)
    assert condition
    holds = all(_compare(*part.split()) for part in condition[1].split(" AND "))
    assert holds is tells
    assert alarm["Threshold"] == 1
    assert alarm["EvaluationPeriods"] * 300 >= 900  # a job that waits for its first retry is none


def _compare(left: str, sign: str, right: str) -> bool:
    return float(left) > float(right) if sign == ">" else float(left) < float(right)


def worker_line(message: str, **fields: Any) -> Json:  # noqa: ANN401 as a log line has it
    """A line as a worker writes it."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines())
    log = logging.Logger("durable.step")  # noqa: LOG001 one of its own
    log.addHandler(handler)
    say(log, logging.INFO, message, fields)
    line: Json = json.loads(out.getvalue())
    return line


def trigger_line(message: str, **fields: Any) -> Json:  # noqa: ANN401 as a log line has it
    """A line as the trigger writes it."""
    out = io.StringIO()
    Logger(service="trigger-under-test", stream=out).info(message, **fields)
    line: Json = json.loads(out.getvalue())
    return line


def counts(app: Synthesized, name: str, line: Json) -> bool:
    """Whether the filter counts the line, as CloudWatch reads its pattern: fields that equal values, all of them."""
    pattern = app.one("AWS::Logs::MetricFilter", f"Measures/{name}").properties["FilterPattern"]
    conditions = re.findall(r'\$\.(\w+) = "([^"]*)"', pattern)
    assert conditions
    return all(
        re.fullmatch(re.escape(value).replace(r"\*", ".*"), str(line.get(field))) is not None
        for field, value in conditions
    )


STEP = {"job": "doc/a", "attempts": 1, "duration": 0.1}
JOB = {"job": "doc/a", "version": 1, "duration": 0.1}


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("JobsAccepted", trigger_line("accepted", state="processing")),
        ("JobsDone", worker_line("job done", event="job_done", **JOB)),
        ("JobsFailed", worker_line("job failed", event="job_failed", code="x", **JOB)),
        ("StepsDone", worker_line("step extract done", event="step_done", step="extract", **STEP)),
        ("StepRetries", worker_line("step extract retrying", event="step_retrying", step="extract", **STEP)),
        ("TasksParked", worker_line("parked: this worker does not know it", event="parked", task="doc/a")),
    ],
)
def test_a_filter_counts_the_line_that_it_is_for(small: Synthesized, name: str, line: Json) -> None:
    assert counts(small, name, line)
    assert not counts(small, name, worker_line("something else", event="step_stopped", step="store"))
    assert not counts(small, name, worker_line("told", event="job_done", **{**JOB, "job": "ending/a"}))


def test_filters_look_where_the_lines_are_written(small: Synthesized) -> None:
    for one in small.all("AWS::Logs::MetricFilter"):
        where = "<Api/Trigger/Log>" if one.path.endswith("JobsAccepted") else "<Worker/Worker/WorkerLog>"
        assert small.meant("Observability", one.properties["LogGroupName"]) == where
        [metric] = one.properties["MetricTransformations"]
        assert "DefaultValue" not in metric  # a metric without lines costs nothing
        assert "Dimensions" not in metric


def test_the_dashboard_shows_everything_that_is_asked_first(small: Synthesized) -> None:
    page = str(small.one("AWS::CloudWatch::Dashboard").properties["DashboardBody"])
    for shown in (
        "JobsAccepted", "JobsDone", "JobsFailed", "JobsPending", "OldestPendingSeconds", "TasksParked",
        "pct(duration, 90)", "step_retrying", "5xx", "p99", "ServerReady", "ServerRequests", "DatabaseConnections",
        "FreeStorageSpace", "SampleCount", "MemoryUtilization",
    ):  # fmt: skip
        assert shown in page, f"{shown} is not on the dashboard"


def test_the_keeper_publishes_under_the_names_that_are_watched() -> None:
    code = (ROOT / "keeper" / "gauges.py").read_text()
    for name in ("JobsPending", "OldestPendingSeconds", "ServerReady", "ServerRequests", "ServerDeliveries"):
        assert f'"{name}"' in code
