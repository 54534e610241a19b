"""One dashboard, and alarms that publish to a topic of their own."""

from typing import Final

from aws_cdk import Aws, NestedStack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from .api import Api
from .choices import Choices
from .data import Data
from .functions import Functions
from .parts.alarm_rules import alarm_rules
from .parts.alarms import add_alarm
from .parts.dashboard import add_dashboard
from .parts.metrics import LogGroups, Metrics
from .parts.monitored import MonitoredStacks
from .parts.task_stops import TaskStops
from .server import Server
from .worker import Worker


class Observability(NestedStack):
    """Metrics, alarms and the dashboard. It refers to all other stacks and changes none."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        choices: Choices,
        data: Data,
        server: Server,
        worker: Worker,
        api: Api,
        functions: Functions | None,
    ) -> None:
        super().__init__(scope, id)
        logs = LogGroups(trigger=api.trigger.logs, worker=worker.log, keeper=server.keeper_log)
        metrics = Metrics(self, "Measures", namespace=choices.stack, logs=logs)
        stops = TaskStops(self, "TaskStops", stack=choices.stack, profile=choices.profile, cluster=server.cluster)
        monitored = MonitoredStacks(
            metrics=metrics, stops=stops, data=data, server=server, worker=worker, api=api, functions=functions
        )
        self.alarms: Final = sns.Topic(self, "Alarms", enforce_ssl=True, master_key=data.key)
        self.alarms.add_to_resource_policy(_allow_alarms(self.alarms))
        if choices.alarm_email:
            self.alarms.add_subscription(subscriptions.EmailSubscription(choices.alarm_email))
        rules = alarm_rules(monitored, choices.profile)
        all_alarms = [add_alarm(self, rule, self.alarms, stack=choices.stack) for rule in rules]
        self.dashboard: Final = add_dashboard(self, monitored, all_alarms)


def _allow_alarms(topic: sns.ITopic) -> iam.PolicyStatement:
    """Let alarms of this account publish. `enforce_ssl` replaces the default policy, which would allow that."""
    return iam.PolicyStatement(
        sid="AlarmsOfThisAccount",
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=["sns:Publish"],
        resources=[topic.topic_arn],
        conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
    )
