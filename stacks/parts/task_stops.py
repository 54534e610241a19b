"""Containers that ended by themselves, and tasks that could not start: one log line for each, with ECS' reason.

ECS replaces such a task, so nothing else shows a program that crashes again and again. Tasks that a deployment, the
autoscaling, Spot or an operator stops are not counted.
"""

from typing import Final

from aws_cdk import Aws, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_events as events
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.profile import Profile

from .logs import RETENTION
from .metrics import HALF_HOUR

_CODES: Final = ["EssentialContainerExited", "TaskFailedToStart"]
_WRITERS: Final = ["delivery.logs.amazonaws.com", "events.amazonaws.com"]


class TaskStops(Construct):
    """A rule for the events, its log group, and the metric that AWS counts for each rule."""

    def __init__(self, scope: Construct, id: str, *, stack: str, profile: Profile, cluster: ecs.ICluster) -> None:
        super().__init__(scope, id)
        group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/events/{stack}-task-stops",  # EventBridge writes to this prefix only
            retention=RETENTION[profile.log_days],
            removal_policy=RemovalPolicy.DESTROY,  # a log group that stays would prevent a new stack of the same name
        )
        pattern = {
            "source": ["aws.ecs"],
            "detail-type": ["ECS Task State Change"],
            "detail": {"clusterArn": [cluster.cluster_arn], "lastStatus": ["STOPPED"], "stopCode": _CODES},
        }
        rule = events.CfnRule(
            self,
            "Rule",
            description="Tasks that stopped by themselves",
            event_pattern=pattern,
            targets=[events.CfnRule.TargetProperty(id="Log", arn=_arn_of(group))],
        )
        logs.CfnResourcePolicy(
            self,
            "Policy",
            policy_name=f"{stack}-task-stops",
            policy_document=Stack.of(self).to_json_string(_allow_writing(group, rule)),
        )
        self.metric: Final = cloudwatch.Metric(
            namespace="AWS/Events",
            metric_name="Invocations",
            dimensions_map={"RuleName": rule.ref},
            statistic="Sum",
            period=HALF_HOUR,
            label="tasks that stopped by themselves",
        )


def _arn_of(group: logs.ILogGroup) -> str:
    return f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:{group.log_group_name}"


def _allow_writing(group: logs.ILogGroup, rule: events.CfnRule) -> dict[str, object]:
    allow = {"Effect": "Allow", "Principal": {"Service": _WRITERS}, "Resource": f"{_arn_of(group)}:*"}
    from_rule = {"ArnEquals": {"aws:SourceArn": rule.attr_arn}}
    statements = [
        {**allow, "Action": "logs:CreateLogStream"},
        {**allow, "Action": "logs:PutLogEvents", "Condition": from_rule},
    ]
    return {"Version": "2012-10-17", "Statement": statements}
