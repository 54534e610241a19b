"""One dashboard, and alarms that publish to a topic of their own."""

from typing import Final

from aws_cdk import Aws, NestedStack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from .api import Api
from .cell import Cell
from .choices import Choices
from .parts.alarm_rules import alarm_rules, cell_alarm_rules
from .parts.alarms import add_alarm
from .parts.dashboard import add_dashboard
from .parts.metrics import LogGroups, Metrics
from .parts.monitored import MonitoredStacks
from .parts.task_stops import TaskStops


class Observability(NestedStack):
    """Metrics, alarms and the dashboard. It refers to all other stacks and changes none."""

    def __init__(self, scope: Construct, id: str, *, choices: Choices, cell: Cell, api: Api) -> None:
        super().__init__(scope, id)
        logs = LogGroups(trigger=api.trigger.logs, worker=cell.worker.log, keeper=cell.server.keeper_log)
        self.metrics: Final = Metrics(self, "Measures", namespace=choices.stack, logs=logs)
        self.stops: Final = TaskStops(
            self, "TaskStops", stack=choices.stack, profile=choices.profile, cluster=cell.server.cluster
        )
        monitored = _monitor(cell, api, self.metrics, self.stops)
        self.alarms: Final = sns.Topic(self, "Alarms", enforce_ssl=True, master_key=cell.data.key)
        self.alarms.add_to_resource_policy(_allow_alarms(self.alarms))
        if choices.alarm_email:
            self.alarms.add_subscription(subscriptions.EmailSubscription(choices.alarm_email))
        rules = alarm_rules(monitored, choices.profile)
        all_alarms = [add_alarm(self, rule, self.alarms, stack=choices.stack) for rule in rules]
        self.dashboard: Final = add_dashboard(self, monitored, all_alarms)


class CellObservability(NestedStack):
    """Metrics, alarms and the dashboard of a further cell. Its alarms publish to the topic of the first."""

    def __init__(
        self, scope: Construct, id: str, *, choices: Choices, cell: Cell, api: Api, shared: Observability
    ) -> None:
        super().__init__(scope, id)
        logs = LogGroups(trigger=api.trigger.logs, worker=cell.worker.log, keeper=cell.server.keeper_log)
        name = cell.server.namespace
        metrics = Metrics(self, "Measures", namespace=name, logs=logs, accepted=shared.metrics.accepted)
        monitored = _monitor(cell, api, metrics, shared.stops)
        rules = cell_alarm_rules(monitored, choices.profile)
        alarms = [add_alarm(self, rule, shared.alarms, stack=name) for rule in rules]
        add_dashboard(self, monitored, alarms)


def _monitor(cell: Cell, api: Api, metrics: Metrics, stops: TaskStops) -> MonitoredStacks:
    return MonitoredStacks(
        metrics=metrics,
        stops=stops,
        data=cell.data,
        server=cell.server,
        worker=cell.worker,
        api=api,
        functions=cell.functions,
    )


def _allow_alarms(topic: sns.ITopic) -> iam.PolicyStatement:
    """Let alarms of this account publish. `enforce_ssl` replaces the default policy, which would allow that."""
    return iam.PolicyStatement(
        sid="AlarmsOfThisAccount",
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=["sns:Publish"],
        resources=[topic.topic_arn],
        conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
    )
