"""Each metric filter matches its own log line and no other, and the dashboard shows the main metrics."""

import logging
import re
from collections.abc import Callable

import pytest

from durable import StepEventKind

from .log_lines import (
    FAILURE,
    acceptance_line,
    job_end_line,
    keeper_line,
    parking_line,
    result_line,
    step_event_line,
    step_usage_line,
)
from .synthesized_app import Json, SynthesizedApp


def filter_matches(app: SynthesizedApp, name: str, line: Json) -> bool:
    """Whether a filter matches the line. Like CloudWatch, require that all fields equal a value or are above 0."""
    pattern = app.find("AWS::Logs::MetricFilter", f"Measures/{name}").properties["FilterPattern"]
    if " || " in pattern:
        return any(line.get(field) == value for field, value in re.findall(r'\$\.(\w+) = "([^"]*)"', pattern))
    conditions = re.findall(r'\$\.(\w+) = "([^"]*)"', pattern)
    assert conditions
    positive = re.findall(r"\$\.(\w+) > 0", pattern)
    return all(
        re.fullmatch(re.escape(value).replace(r"\*", ".*"), str(line.get(field))) is not None
        for field, value in conditions
    ) and all((line.get(field) or 0) > 0 for field in positive)


LINES: dict[str, Callable[[], Json]] = {
    "JobsAccepted": acceptance_line,
    "JobsDone": lambda: job_end_line("doc/a"),
    "JobsFailed": lambda: job_end_line("doc/a", failure=FAILURE),
    "DeliveriesFailed": lambda: job_end_line("delivery/a.done", failure=FAILURE),
    "StepRetries": lambda: step_event_line(StepEventKind.RETRYING),
    "TasksParked": parking_line,
    "PagesRecognized": lambda: step_usage_line(pages=4),
    "TokensIn": lambda: step_usage_line(tokens=1),
    "TokensOut": lambda: step_usage_line(tokens=300),
    "CostUsd": lambda: step_usage_line(tokens=1, price=0.25),
}
# The field that a filter sums; the other filters count lines.
SUMS = {
    "PagesRecognized": "recognized",
    "TokensIn": "tokensIn",
    "TokensOut": "tokensOut",
    "CostUsd": "costUsd",
}
OTHERS: tuple[Callable[[], Json], ...] = (
    lambda: job_end_line("ending/a"),
    lambda: step_event_line(StepEventKind.DONE),
    result_line,
)


@pytest.mark.parametrize("name", LINES)
def test_a_filter_matches_its_own_line_and_no_other(small: SynthesizedApp, name: str) -> None:
    """Each line is written by the code that writes it in production."""
    assert filter_matches(small, name, LINES[name]())
    others = LINES.keys() - {
        name,
        *(SUMS if name in SUMS else ()),
    }  # a line may have several of them
    for other in (*(LINES[kind] for kind in others), *OTHERS):
        assert not filter_matches(small, name, other())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            step_usage_line(pages=4, tokens=300, price=0.25),
            {"PagesRecognized": 4, "TokensIn": 300, "TokensOut": 150, "CostUsd": 0.25},
        ),
        (step_usage_line(pages=4), {"PagesRecognized": 4}),
        (step_usage_line(tokens=300, price=None), {"TokensIn": 300, "TokensOut": 150}),
        (result_line(), {}),  # a whole job, whose steps reported their usage before
    ],
    ids=["all", "free", "unknown price", "the job"],
)
def test_the_usage_of_a_step_is_summed_once_and_unused_fields_cost_no_metric(
    small: SynthesizedApp, line: Json, expected: dict[str, float]
) -> None:
    sums: dict[str, float] = {}
    for name, field in SUMS.items():
        [metric] = small.find("AWS::Logs::MetricFilter", f"Measures/{name}").properties["MetricTransformations"]
        assert metric["MetricValue"] == f"$.{field}"
        if filter_matches(small, name, line):
            sums[name] = line[field]
    assert sums == expected


def test_errors_of_the_keeper_are_counted(small: SynthesizedApp) -> None:
    """Of all its lines, which are in a log of their own."""
    for level in ("debug", "info", "warning", "error", "critical"):
        line = keeper_line(logging.getLevelNamesMapping()[level.upper()])
        assert filter_matches(small, "KeeperErrors", line) is (level in ("error", "critical"))


def test_every_filter_has_a_line_here(small: SynthesizedApp) -> None:
    names = {one.path.rpartition("/")[2] for one in small.find_all("AWS::Logs::MetricFilter")}
    assert names == LINES.keys() | {"KeeperErrors"}


def test_filters_read_the_log_group_of_their_lines(small: SynthesizedApp) -> None:
    for one in small.find_all("AWS::Logs::MetricFilter"):
        others = {"JobsAccepted": "<Api/Trigger/Log>", "KeeperErrors": "<Server/Server/KeeperLog>"}
        log_group = others.get(one.path.rpartition("/")[2], "<Worker/Worker/WorkerLog>")
        assert small.resolve("Observability", one.properties["LogGroupName"]) == log_group
        [metric] = one.properties["MetricTransformations"]
        assert "DefaultValue" not in metric  # a metric without data costs nothing
        assert "Dimensions" not in metric


def test_the_dashboard_shows_the_main_metrics(small: SynthesizedApp) -> None:
    page = str(small.find("AWS::CloudWatch::Dashboard").properties["DashboardBody"])
    for text in (
        "JobsAccepted", "JobsDone", "JobsFailed", "DeliveriesFailed", "TasksDue", "TasksRunning", "OldestDueSeconds",
        "TasksParked",
        "pct(duration, 90)", "step_retrying", "5xx", "p99", "ServerReady", "ServerRequests", "DatabaseConnections",
        "FreeStorageSpace", "SampleCount", "MemoryUtilization", "Invocations", "Throttles", *SUMS,
    ):  # fmt: skip
        assert text in page, f"{text} is not on the dashboard"
