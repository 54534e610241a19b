"""Each alarm watches its metric, fires when it should, and may publish to its topic."""

import re

import pytest

from contract.names import CHUNKS, DOCUMENTS, FUNCTIONS, PAGES
from stacks.profile import PROFILES

from .alarms import alarms, find_statistic
from .synthesized_app import Json, Resource, SynthesizedApp

CLOUDWATCH = "cloudwatch.amazonaws.com"
# The metric of each alarm that has one; the others combine metrics, and have a test of their own.
METRICS = {
    "JobTooOld": ("Longhand", "OldestDueSeconds"),
    "PagesTooOld": ("Longhand", "OldestDueSeconds"),
    "ChunksTooOld": ("Longhand", "OldestDueSeconds"),
    "DecisionWaits": ("Longhand", "OldestDecisionSeconds"),
    "ServerNotReady": ("Longhand", "ServerReady"),
    "AnnouncementsStuck": ("Longhand", "OutboxMessages"),
    "JobsFail": ("Longhand", "JobsFailed"),
    "DeliveriesFail": ("Longhand", "DeliveriesFailed"),
    "ChargesHigh": ("Longhand", "CostUsd"),
    "TasksParked": ("Longhand", "TasksParked"),
    "KeeperErrors": ("Longhand", "KeeperErrors"),
    "TasksStop": ("AWS/Events", "Invocations"),
    "ApiFails": ("AWS/ApiGateway", "5xx"),
    "TriggerErrors": ("AWS/Lambda", "Errors"),
    "FunctionsFail": ("AWS/Lambda", "Errors"),
    "FunctionsThrottled": ("AWS/Lambda", "Throttles"),
    "InboxFilesLeft": ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
    "NoticesLost": ("AWS/SNS", "NumberOfNotificationsFailed"),
    "WorkerMemory": ("AWS/ECS", "MemoryUtilization"),
    "ServerBusy": ("AWS/ECS", "CPUUtilization"),
    "ServerMemory": ("AWS/ECS", "MemoryUtilization"),
    "DatabaseFull": ("AWS/RDS", "FreeStorageSpace"),
    "DatabaseBusy": ("AWS/RDS", "CPUUtilization"),
    "DatabaseMemory": ("AWS/RDS", "FreeableMemory"),
    "DatabaseConnections": ("AWS/RDS", "DatabaseConnections"),
    "DatabaseCredits": ("AWS/RDS", "CPUSurplusCreditBalance"),
}
STALLS = {"NothingMoves": DOCUMENTS, "PagesStand": PAGES, "ChunksStand": CHUNKS, "FunctionsStand": FUNCTIONS}
BURSTABLE_ONLY = {"DatabaseCredits"}


def test_an_alarm_publishes_when_it_fires_and_when_it_is_over(app: SynthesizedApp) -> None:
    for alarm in alarms(app).values():
        for actions in (alarm["AlarmActions"], alarm["OKActions"]):
            assert app.resolve("Observability", actions) == ["<Observability/Alarms>"]
        assert len(alarm["AlarmDescription"]) > 30


def test_each_alarm_is_named_by_the_stack_and_its_problem(app: SynthesizedApp) -> None:
    """The message at night has the name, and CloudFormation's own names say neither."""
    burstable = app.find("AWS::RDS::DBInstance").properties["DBInstanceClass"].startswith("db.t")
    names = METRICS.keys() | STALLS.keys() | {"ManyJobsFail"}
    names -= set() if burstable else BURSTABLE_ONLY
    assert {alarm["AlarmName"] for alarm in alarms(app).values()} == {f"Longhand-{name}" for name in names}


def test_each_alarm_watches_its_metric(app: SynthesizedApp) -> None:
    for name, alarm in alarms(app).items():
        if name in METRICS:
            metric = find_statistic(alarm)["Metric"]
            assert (metric["Namespace"], metric["MetricName"]) == METRICS[name]


def test_alarms_of_functions_watch_their_own_function(app: SynthesizedApp) -> None:
    watched = {"TriggerErrors": "Trigger", "FunctionsFail": "Functions/", "FunctionsThrottled": "Functions/"}
    for name, path in watched.items():
        dimensions = find_statistic(alarms(app)[name])["Metric"]["Dimensions"]
        function = app.find("AWS::Lambda::Function", path)
        assert app.resolve("Observability", dimensions) == [{"Name": "FunctionName", "Value": f"<{function.path}>"}]


def test_money_is_an_alarm(app: SynthesizedApp) -> None:
    """The sum of an hour, as the profile limits it."""
    alarm = alarms(app)["ChargesHigh"]
    profile = PROFILES[app.templates["Root"]["Outputs"]["Profile"]["Value"]]
    statistic = find_statistic(alarm)
    assert (statistic["Stat"], statistic["Period"], alarm["Threshold"]) == ("Sum", 3_600, profile.alarm_dollars)


@pytest.mark.parametrize(
    ("failed", "done", "fires"), [(4, 0, False), (5, 0, True), (57, 0, True), (5, 16, False), (30, 70, True)]
)
def test_a_quarter_of_failed_jobs_is_an_alarm(small: SynthesizedApp, failed: int, done: int, *, fires: bool) -> None:
    """At any rate: 57 failures in half an hour are fewer than ten in five minutes."""
    alarm = alarms(small)["ManyJobsFail"]
    [expression] = [one["Expression"] for one in alarm["Metrics"] if "Expression" in one]
    filled = expression.replace("FILL(failed, 0)", str(failed)).replace("FILL(done, 0)", str(done))
    match = re.fullmatch(r"IF\((\d+) >= (\d+), ([\d */+()]+), 0\)", filled)
    assert match
    percent = eval(match[3]) if int(match[1]) >= int(match[2]) else 0  # noqa: S307 numbers only
    assert (percent >= alarm["Threshold"]) is fires
    assert {one["MetricStat"]["Period"] for one in alarm["Metrics"] if "MetricStat" in one} == {1_800}


def test_tasks_that_stop_by_themselves_are_an_alarm(app: SynthesizedApp) -> None:
    """Not those that a deployment, the scaling, Spot or an operator stops. The log has ECS' reason for each."""
    rule = app.find("AWS::Events::Rule", "TaskStops")
    pattern = rule.properties["EventPattern"]
    assert pattern["detail"]["stopCode"] == ["EssentialContainerExited", "TaskFailedToStart"]
    assert app.resolve(rule.stack, pattern["detail"]["clusterArn"]) == ["<Server/Cluster.Arn>"]
    [target] = rule.properties["Targets"]
    group = app.find("AWS::Logs::LogGroup", "TaskStops")
    assert group.properties["LogGroupName"].startswith("/aws/events/")
    assert str(app.resolve(rule.stack, target["Arn"])).endswith(":log-group:<Observability/TaskStops/Log>")
    policy = str(app.resolve(rule.stack, app.find("AWS::Logs::ResourcePolicy").properties["PolicyDocument"]))
    assert all(word in policy for word in ("events.amazonaws.com", "<Observability/TaskStops/Log>:*", "PutLogEvents"))
    alarm = alarms(app)["TasksStop"]
    statistic = find_statistic(alarm)
    names = app.resolve(rule.stack, statistic["Metric"]["Dimensions"])
    assert names == [{"Name": "RuleName", "Value": f"<{rule.path}>"}]
    assert (statistic["Period"], alarm["Threshold"]) == (1_800, 3)


def test_an_alarm_may_publish_to_its_topic_and_use_the_topics_key(app: SynthesizedApp) -> None:
    """Follow each alarm to its topic, the topic's policy, and its key: AWS reports a refusal nowhere."""
    topics = {
        str(app.resolve(one.stack, topic)) for one in app.find_all("AWS::CloudWatch::Alarm") for topic in topics_of(one)
    }
    assert topics == {"<Observability/Alarms>"}
    for path in (name.strip("<>") for name in topics):
        topic = app.find("AWS::SNS::Topic", path)
        policy = app.find("AWS::SNS::TopicPolicy", path)
        assert [app.resolve(policy.stack, one) for one in policy.properties["Topics"]] == [f"<{path}>"]
        [allow] = statements_for(CLOUDWATCH, policy.properties["PolicyDocument"])
        assert (allow["Action"], app.resolve(policy.stack, allow["Resource"])) == ("sns:Publish", f"<{path}>")
        own = {"StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"}}
        assert app.resolve(policy.stack, allow["Condition"]) == own
        if key := topic.properties.get("KmsMasterKeyId"):
            assert app.resolve(topic.stack, key) == "<Data/Key.Arn>"
            [allow] = statements_for(CLOUDWATCH, app.find("AWS::KMS::Key").properties["KeyPolicy"])
            assert set(allow["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}


def topics_of(alarm: Resource) -> list[Json]:
    return [*alarm.properties["AlarmActions"], *alarm.properties["OKActions"]]


def statements_for(service: str, document: Json) -> list[Json]:
    statements = [one for one in document["Statement"] if one["Effect"] == "Allow"]
    return [one for one in statements if one["Principal"] == {"Service": service}]


def test_a_silent_keeper_is_an_alarm(app: SynthesizedApp) -> None:
    ready = alarms(app)["ServerNotReady"]
    assert ready["TreatMissingData"] == "breaching"
    [metric] = ready["Metrics"]
    assert metric["MetricStat"]["Metric"]["MetricName"] == "ServerReady"


@pytest.mark.parametrize(
    ("due", "running", "fires"),
    [
        (5, 0, True),  # no worker runs, or none has a connection, or all leases lapsed
        (5, 1, False),  # one works, perhaps on a long step
        (0, 0, False),  # no task is due; jobs may sleep
    ],
)
@pytest.mark.parametrize("name", STALLS)
def test_due_work_that_no_worker_holds_is_an_alarm(
    small: SynthesizedApp, name: str, due: int, running: int, *, fires: bool
) -> None:
    """Evaluate the alarm's expression with numbers in place of metrics. A job that waits for its parts is not due."""
    alarm = alarms(small)[name]
    [expression] = [one["Expression"] for one in alarm["Metrics"] if "Expression" in one]
    filled = expression.replace("due", str(due)).replace("running", str(running))
    condition = re.fullmatch(r"IF\((.*), 1, 0\)", filled)
    assert condition
    assert all(_compare(*part.split()) for part in condition[1].split(" AND ")) is fires
    assert alarm["Threshold"] == 1
    assert alarm["EvaluationPeriods"] * 300 >= 900  # longer than a job waits for its first retry


def test_the_stall_alarm_uses_no_metric_of_the_workers(small: SynthesizedApp) -> None:
    """Without workers, their metrics would be missing. Both metrics are in one line of the keeper."""
    for name, group in STALLS.items():
        metrics = [one["MetricStat"]["Metric"] for one in alarms(small)[name]["Metrics"] if "MetricStat" in one]
        assert {one["MetricName"] for one in metrics} == {"TasksDue", "TasksRunning"}
        assert [one["Dimensions"] for one in metrics] == [[{"Name": "Group", "Value": group}]] * 2


def test_the_storage_alarm_fires_only_if_rds_does_not_grow_the_storage(app: SynthesizedApp) -> None:
    """RDS grows the storage when less than a tenth was free for five minutes."""
    alarm, instance = alarms(app)["DatabaseFull"], app.find("AWS::RDS::DBInstance").properties
    assert alarm["Threshold"] == int(instance["AllocatedStorage"]) * 2**30 / 20
    assert alarm["EvaluationPeriods"] * 300 >= 1_800
    assert instance["MaxAllocatedStorage"] > int(instance["AllocatedStorage"])


def _compare(left: str, sign: str, right: str) -> bool:
    return float(left) > float(right) if sign == ">" else float(left) < float(right)
