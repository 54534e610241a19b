"""The metrics of this system, each with one name.

AWS charges for a custom metric in every hour in which it has data, so there are few: the keeper's gauges, and counts of
log lines of trigger, worker and keeper, which have no data while these are idle. Figures by step would need a
dimension, so the dashboard queries them from the logs.

Four metrics count what providers charge for, because money that was spent unnoticed cannot be recovered. Without a
provider, only the first of them, `PagesRecognized`, has data.
"""

from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import Construct

from contract.names import CHUNKS, DELIVERY_PREFIX, DOCUMENTS, FUNCTIONS, PAGES, PROMISE_PREFIX

PERIOD: Final = Duration.minutes(5)
_MINUTE: Final = Duration.minutes(1)
HALF_HOUR: Final = Duration.minutes(30)
HOUR: Final = Duration.hours(1)


@dataclass(frozen=True, kw_only=True)
class LogGroups:
    """The logs whose lines are counted."""

    trigger: logs.ILogGroup
    worker: logs.ILogGroup
    keeper: logs.ILogGroup


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """The keeper's gauges of one group."""

    due: cloudwatch.Metric
    running: cloudwatch.Metric
    oldest: cloudwatch.Metric


class Metrics(Construct):
    """The custom metrics. Those of AWS come with its resources."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        namespace: str,
        logs: LogGroups,
        accepted: cloudwatch.Metric | None = None,  # jobs that the API accepted; all cells share this metric
    ) -> None:
        super().__init__(scope, id)
        self._namespace: Final = namespace
        worker = logs.worker
        self.accepted: Final = accepted or self._count("JobsAccepted", logs.trigger, '{ $.message = "accepted" }')
        self.done: Final = self._count("JobsDone", worker, _match_document_event("job_done"))
        self.failed: Final = self._count("JobsFailed", worker, _match_document_event("job_failed"))
        self.undelivered: Final = self._count("DeliveriesFailed", worker, _match_delivery_event("job_failed"))
        self.retries: Final = self._count("StepRetries", worker, _match_event("step_retrying"))
        self.parked: Final = self._count("TasksParked", worker, _match_event("parked"))
        self.recognized: Final = self._sum("PagesRecognized", worker, "recognized")
        self.tokens_in: Final = self._sum("TokensIn", worker, "tokensIn")
        self.tokens_out: Final = self._sum("TokensOut", worker, "tokensOut")
        self.cost: Final = self._sum("CostUsd", worker, "costUsd")
        self.keeper_errors: Final = self._count(
            "KeeperErrors", logs.keeper, '{ $.level = "error" || $.level = "critical" }'
        )
        self.documents: Final = self._make_backlog(DOCUMENTS)
        self.pages: Final = self._make_backlog(PAGES)
        self.chunks: Final = self._make_backlog(CHUNKS)
        self.functions: Final = self._make_backlog(FUNCTIONS)
        self.decision: Final = self._gauge("OldestDecisionSeconds", "Maximum")
        self.outbox: Final = self._gauge("OutboxMessages", "Minimum")  # a working outbox is empty from time to time
        self.ready: Final = self._gauge("ServerReady", "Minimum")
        self.requests: Final = self._gauge("ServerRequests", "Sum")
        self.deliveries: Final = self._gauge("ServerDeliveries", "Sum")

    def _make_backlog(self, group: str) -> Backlog:
        dimensions = {"Group": group}
        return Backlog(
            due=self._gauge("TasksDue", "Maximum", dimensions),
            running=self._gauge("TasksRunning", "Maximum", dimensions),
            oldest=self._gauge("OldestDueSeconds", "Maximum", dimensions),
        )

    def _sum(self, name: str, group: logs.ILogGroup, field: str) -> cloudwatch.Metric:
        """Sum a field of the lines that report the usage of a step's run, also of a run that failed."""
        pattern = f'{{ $.event = "paid" && $.{field} > 0 }}'
        return self._count(name, group, pattern, value=f"$.{field}")

    def _count(self, name: str, group: logs.ILogGroup, pattern: str, value: str = "1") -> cloudwatch.Metric:
        """Count the lines that match the pattern, or sum their `value`."""
        logs.MetricFilter(
            self,
            name,
            log_group=group,
            metric_namespace=self._namespace,
            metric_name=name,
            filter_pattern=logs.FilterPattern.literal(pattern),
            metric_value=value,
        )
        return self._gauge(name, "Sum")

    def _gauge(self, name: str, statistic: str, dimensions: dict[str, str] | None = None) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=self._namespace,
            metric_name=name,
            statistic=statistic,
            dimensions_map=dimensions,
            period=PERIOD,
            label=name,
        )


def _match_event(name: str) -> str:
    return f'{{ $.event = "{name}" }}'


def _match_document_event(event: str) -> str:
    """Match document jobs only: workers also log probes, and the jobs that notify of endings."""
    return f'{{ $.event = "{event}" && $.promiseId = "{PROMISE_PREFIX}*" }}'


def _match_delivery_event(event: str) -> str:
    """Match deliveries of events only."""
    return f'{{ $.event = "{event}" && $.promiseId = "{DELIVERY_PREFIX}*" }}'


def api_metric(api: gateway.IHttpApi, name: str, statistic: str) -> cloudwatch.Metric:
    """Return a metric of API Gateway."""
    return cloudwatch.Metric(
        namespace="AWS/ApiGateway",
        metric_name=name,
        dimensions_map={"ApiId": api.api_id},
        statistic=statistic,
        period=PERIOD,
        label=name,
    )


def tasks_running(service: ecs.BaseService) -> cloudwatch.Metric:
    """Return the number of running tasks: each reports its load once a minute."""
    return service.metric("CPUUtilization", statistic="SampleCount", period=_MINUTE, label=service.node.scope.node.id)  # type: ignore[union-attr] # it is in a stack
