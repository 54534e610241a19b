"""What is measured and what somebody is told of: alarms that go somewhere, and filters that find the lines we write."""

import re
from collections.abc import Callable

import pytest

from durable import StepEventKind

from .log_lines import FAILURE, accepted, ended, metered, paid, parked, told
from .synthesized_app import Json, Resource, SynthesizedApp

CLOUDWATCH = "cloudwatch.amazonaws.com"
ALARMS = {
    "NothingMoves", "JobTooOld", "ServerNotReady", "JobsFail", "TasksParked", "ApiFails", "TriggerErrors",
    "NoticesLost", "WorkerMemory", "DatabaseFull", "DatabaseBusy",
}  # fmt: skip


def alarms(app: SynthesizedApp) -> dict[str, Json]:
    return {one.path.removeprefix("Observability/"): one.properties for one in app.all("AWS::CloudWatch::Alarm")}


def test_somebody_is_told_when_an_alarm_begins_and_when_it_is_over(either: SynthesizedApp) -> None:
    found = alarms(either)
    assert found.keys() == ALARMS
    for alarm in found.values():
        for actions in (alarm["AlarmActions"], alarm["OKActions"]):
            assert either.meant("Observability", actions) == ["<Observability/Alarms>"]
        assert len(alarm["AlarmDescription"]) > 30


def test_an_alarm_may_publish_where_it_tells_and_use_the_key_that_is_there(either: SynthesizedApp) -> None:
    """From each alarm to its topic, to that one's policy and to its key, if it has one: a refusal is seen nowhere."""
    told = {
        str(either.meant(one.stack, topic)) for one in either.all("AWS::CloudWatch::Alarm") for topic in told_by(one)
    }
    assert told == {"<Observability/Alarms>"}
    for path in (name.strip("<>") for name in told):
        topic = either.one("AWS::SNS::Topic", path)
        policy = either.one("AWS::SNS::TopicPolicy", path)
        assert [either.meant(policy.stack, one) for one in policy.properties["Topics"]] == [f"<{path}>"]
        [allow] = allowed_to(CLOUDWATCH, policy.properties["PolicyDocument"])
        assert (allow["Action"], either.meant(policy.stack, allow["Resource"])) == ("sns:Publish", f"<{path}>")
        own = {"StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"}}
        assert either.meant(policy.stack, allow["Condition"]) == own
        if key := topic.properties.get("KmsMasterKeyId"):
            assert either.meant(topic.stack, key) == "<Data/Key.Arn>"
            [allow] = allowed_to(CLOUDWATCH, either.one("AWS::KMS::Key").properties["KeyPolicy"])
            assert set(allow["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}


def told_by(alarm: Resource) -> list[Json]:
    return [*alarm.properties["AlarmActions"], *alarm.properties["OKActions"]]


def allowed_to(service: str, document: Json) -> list[Json]:
    statements = [one for one in document["Statement"] if one["Effect"] == "Allow"]
    return [one for one in statements if one["Principal"] == {"Service": service}]


def test_a_keeper_that_is_silent_is_an_alarm(either: SynthesizedApp) -> None:
    ready = alarms(either)["ServerNotReady"]
    assert ready["TreatMissingData"] == "breaching"
    [metric] = ready["Metrics"]
    assert metric["MetricStat"]["Metric"]["MetricName"] == "ServerReady"


@pytest.mark.parametrize(
    ("due", "running", "tells"),
    [
        (5, 0, True),  # nobody works: there are no workers, or they hear nothing, or their leases lapse
        (5, 1, False),  # one works, at a long step perhaps
        (0, 0, False),  # nothing to do, whatever sleeps
    ],
)
def test_work_that_waits_while_nothing_moves_is_an_alarm(
    small: SynthesizedApp, due: int, running: int, *, tells: bool
) -> None:
    """The alarm's own expression, with numbers in place of metrics."""
    alarm = alarms(small)["NothingMoves"]
    [expression] = [one["Expression"] for one in alarm["Metrics"] if "Expression" in one]
    filled = expression.replace("due", str(due)).replace("running", str(running))
    condition = re.fullmatch(r"IF\((.*), 1, 0\)", filled)
    assert condition
    assert all(_compare(*part.split()) for part in condition[1].split(" AND ")) is tells
    assert alarm["Threshold"] == 1
    assert alarm["EvaluationPeriods"] * 300 >= 900  # a job that waits for its first retry is none


def test_it_depends_on_no_metric_that_is_missing_when_there_are_no_workers(small: SynthesizedApp) -> None:
    """Both are in one line of the keeper's."""
    looked_at = [one["MetricStat"]["Metric"] for one in alarms(small)["NothingMoves"]["Metrics"] if "MetricStat" in one]
    assert {one["MetricName"] for one in looked_at} == {"TasksDue", "TasksRunning"}


def test_the_database_is_said_to_be_full_only_where_it_does_not_grow_by_itself(either: SynthesizedApp) -> None:
    """RDS makes it larger when less than a tenth was free for five minutes."""
    alarm, instance = alarms(either)["DatabaseFull"], either.one("AWS::RDS::DBInstance").properties
    assert alarm["Threshold"] == int(instance["AllocatedStorage"]) * 2**30 / 20
    assert alarm["EvaluationPeriods"] * 300 >= 1_800
    assert instance["MaxAllocatedStorage"] > int(instance["AllocatedStorage"])


def _compare(left: str, sign: str, right: str) -> bool:
    return float(left) > float(right) if sign == ">" else float(left) < float(right)


def counts(app: SynthesizedApp, name: str, line: Json) -> bool:
    """Whether the filter counts the line, as CloudWatch reads its pattern: fields equal values or are above 0, all."""
    pattern = app.one("AWS::Logs::MetricFilter", f"Measures/{name}").properties["FilterPattern"]
    conditions = re.findall(r'\$\.(\w+) = "([^"]*)"', pattern)
    assert conditions
    more = re.findall(r"\$\.(\w+) > 0", pattern)
    return all(
        re.fullmatch(re.escape(value).replace(r"\*", ".*"), str(line.get(field))) is not None
        for field, value in conditions
    ) and all((line.get(field) or 0) > 0 for field in more)


LINES: dict[str, Callable[[], Json]] = {
    "JobsAccepted": accepted,
    "JobsDone": lambda: ended("doc/a"),
    "JobsFailed": lambda: ended("doc/a", failure=FAILURE),
    "StepRetries": lambda: told(StepEventKind.RETRYING),
    "TasksParked": parked,
    "PagesRecognized": lambda: paid(pages=4),
    "TokensIn": lambda: paid(tokens=1),
    "TokensOut": lambda: paid(tokens=300),
    "CostUsd": lambda: paid(tokens=1, price=0.25),
}
# Which field of its line a filter adds up; any other counts lines.
ADDED_UP = {"PagesRecognized": "recognized", "TokensIn": "tokensIn", "TokensOut": "tokensOut", "CostUsd": "costUsd"}
OTHERS: tuple[Callable[[], Json], ...] = (lambda: ended("ending/a"), lambda: told(StepEventKind.DONE), metered)


@pytest.mark.parametrize("name", LINES)
def test_a_filter_counts_the_line_that_it_is_for_and_no_other(small: SynthesizedApp, name: str) -> None:
    """Each line is written by the code that writes it when it happens."""
    assert counts(small, name, LINES[name]())
    apart = LINES.keys() - {name, *(ADDED_UP if name in ADDED_UP else ())}  # one line may have several of those
    for other in (*(LINES[kind] for kind in apart), *OTHERS):
        assert not counts(small, name, other())


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            paid(pages=4, tokens=300, price=0.25),
            {"PagesRecognized": 4, "TokensIn": 300, "TokensOut": 150, "CostUsd": 0.25},
        ),
        (paid(pages=4), {"PagesRecognized": 4}),
        (paid(tokens=300, price=None), {"TokensIn": 300, "TokensOut": 150}),
        (metered(), {}),  # a whole job, of which its steps have told before
    ],
    ids=["all", "free", "unknown price", "the job"],
)
def test_what_a_step_took_is_added_up_once_and_what_it_did_not_take_costs_no_metric(
    small: SynthesizedApp, line: Json, found: dict[str, float]
) -> None:
    added: dict[str, float] = {}
    for name, field in ADDED_UP.items():
        [metric] = small.one("AWS::Logs::MetricFilter", f"Measures/{name}").properties["MetricTransformations"]
        assert metric["MetricValue"] == f"$.{field}"
        if counts(small, name, line):
            added[name] = line[field]
    assert added == found


def test_every_filter_has_a_line(small: SynthesizedApp) -> None:
    assert {one.path.rpartition("/")[2] for one in small.all("AWS::Logs::MetricFilter")} == LINES.keys()


def test_filters_look_where_the_lines_are_written(small: SynthesizedApp) -> None:
    for one in small.all("AWS::Logs::MetricFilter"):
        where = "<Api/Trigger/Log>" if one.path.endswith("JobsAccepted") else "<Worker/Worker/WorkerLog>"
        assert small.meant("Observability", one.properties["LogGroupName"]) == where
        [metric] = one.properties["MetricTransformations"]
        assert "DefaultValue" not in metric  # a metric without lines costs nothing
        assert "Dimensions" not in metric


def test_the_dashboard_shows_everything_that_is_asked_first(small: SynthesizedApp) -> None:
    page = str(small.one("AWS::CloudWatch::Dashboard").properties["DashboardBody"])
    for shown in (
        "JobsAccepted", "JobsDone", "JobsFailed", "TasksDue", "TasksRunning", "OldestDueSeconds", "TasksParked",
        "pct(duration, 90)", "step_retrying", "5xx", "p99", "ServerReady", "ServerRequests", "DatabaseConnections",
        "FreeStorageSpace", "SampleCount", "MemoryUtilization", *ADDED_UP,
    ):  # fmt: skip
        assert shown in page, f"{shown} is not on the dashboard"
