"""What is measured, each under one name.

A custom metric is paid for in every hour in which it has data, so there are few: the keeper's gauges, and what is
counted from the log lines of trigger and worker, which is nothing while they rest. What would take a dimension for
each step is asked from the logs when somebody looks.

Four of them are what providers charge for: a sum of money that grows unseen is the one thing that nobody can undo. A
system whose recognition and analyzer are its own has data in the first of them only.
"""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import Construct

from contract.names import CHUNKS, DOCUMENTS, PREFIX

FIVE: Final = Duration.minutes(5)
_MINUTE: Final = Duration.minutes(1)
_GROUP: Final = {"Group": DOCUMENTS}
_BACKLOG: Final = ("TasksDue", "TasksRunning", "OldestDueSeconds")


class Metrics(Construct):
    """Metrics of this system; those of AWS' own come from its resources."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        namespace: str,
        trigger: logs.ILogGroup,
        worker: logs.ILogGroup,
    ) -> None:
        super().__init__(scope, id)
        self._namespace: Final = namespace
        self.accepted: Final = self._counted("JobsAccepted", trigger, '{ $.message = "accepted" }')
        self.done: Final = self._counted("JobsDone", worker, _document("job_done"))
        self.failed: Final = self._counted("JobsFailed", worker, _document("job_failed"))
        self.retries: Final = self._counted("StepRetries", worker, _event("step_retrying"))
        self.parked: Final = self._counted("TasksParked", worker, _event("parked"))
        self.recognized: Final = self._summed("PagesRecognized", worker, "recognized")
        self.tokens_in: Final = self._summed("TokensIn", worker, "tokensIn")
        self.tokens_out: Final = self._summed("TokensOut", worker, "tokensOut")
        self.cost: Final = self._summed("CostUsd", worker, "costUsd")
        self.due: Final = self._gauge("TasksDue", "Maximum", _GROUP)
        self.running: Final = self._gauge("TasksRunning", "Maximum", _GROUP)
        self.oldest: Final = self._gauge("OldestDueSeconds", "Maximum", _GROUP)
        self.chunks: Final[list[cloudwatch.IMetric]] = [
            self._gauge(name, "Maximum", {"Group": CHUNKS}) for name in _BACKLOG
        ]
        self.ready: Final = self._gauge("ServerReady", "Minimum")
        self.requests: Final = self._gauge("ServerRequests", "Sum")
        self.deliveries: Final = self._gauge("ServerDeliveries", "Sum")

    def _summed(self, name: str, group: logs.ILogGroup, field: str) -> cloudwatch.Metric:
        """Add up a field of the lines by which each run of a step tells what it took, also if it or its job fails."""
        pattern = f'{{ $.event = "paid" && $.{field} > 0 }}'
        return self._counted(name, group, pattern, value=f"$.{field}")

    def _counted(self, name: str, group: logs.ILogGroup, pattern: str, value: str = "1") -> cloudwatch.Metric:
        """Count the lines that fit, each for as much as its value says."""
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
            period=FIVE,
            label=name,
        )


def _event(name: str) -> str:
    return f'{{ $.event = "{name}" }}'


def _document(event: str) -> str:
    """Only documents: a worker's log tells of other jobs, too: probes, and what tells of an ending."""
    return f'{{ $.event = "{event}" && $.promiseId = "{PREFIX}*" }}'


def api_metric(api: gateway.IHttpApi, name: str, statistic: str) -> cloudwatch.Metric:
    """Name a metric of API Gateway."""
    return cloudwatch.Metric(
        namespace="AWS/ApiGateway",
        metric_name=name,
        dimensions_map={"ApiId": api.api_id},
        statistic=statistic,
        period=FIVE,
        label=name,
    )


def tasks_running(service: ecs.BaseService) -> cloudwatch.Metric:
    """Count tasks: each reports its load once a minute."""
    return service.metric("CPUUtilization", statistic="SampleCount", period=_MINUTE, label=service.node.scope.node.id)  # type: ignore[union-attr] # it is in a stack
