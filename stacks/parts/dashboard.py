"""The dashboard: whether the system works, what is wrong, and where."""

from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from .metrics import PERIOD, Backlog, Metrics, api_metric, tasks_running
from .monitored import MonitoredStacks

_WIDTH: Final = 8  # columns of a graph; a dashboard has 24
_STEPS: Final = (
    "filter event in ['step_done', 'step_failed']",
    "stats count(*) as ended, avg(duration) as mean, pct(duration, 90) as p90, max(duration) as longest by step",
)
_RETRIES: Final = (
    "filter event in ['step_retrying', 'step_failed', 'job_failed']",
    "stats count(*) as times by step, event, code",
    "sort times desc",
)


def add_dashboard(scope: Construct, monitored: MonitoredStacks, alarms: list[cloudwatch.Alarm]) -> cloudwatch.Dashboard:
    """Add the dashboard; the first questions of an operator are answered at the top."""
    page = cloudwatch.Dashboard(scope, "Dashboard", period_override=cloudwatch.PeriodOverride.AUTO)
    page.add_widgets(cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=3 * _WIDTH, height=3))
    for row in (_show_jobs, _show_work, _show_functions, _show_costs, _show_steps, _show_front, _show_database):
        page.add_widgets(*row(monitored))
    return page


def _make_graph(
    title: str, left: list[cloudwatch.IMetric], right: list[cloudwatch.IMetric] | None = None
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=left, right=right or [], width=_WIDTH)


def _show_jobs(monitored: MonitoredStacks) -> list[cloudwatch.IWidget]:
    metrics = monitored.metrics
    return [
        _make_graph(
            "Accepted, done, failed, not delivered",
            [metrics.accepted, metrics.done, metrics.failed, metrics.undelivered],
        ),
        _make_graph(
            "Age of the oldest due task and open decision, seconds", [metrics.documents.oldest, metrics.decision]
        ),
        *(_show_backlog(title, backlog) for title, backlog in _list_groups(metrics)),
    ]


def _list_groups(metrics: Metrics) -> list[tuple[str, Backlog]]:
    return [("Jobs", metrics.documents), ("Batches of pages", metrics.pages), ("Chunks", metrics.chunks)]


def _show_backlog(title: str, backlog: Backlog) -> cloudwatch.IWidget:
    return _make_graph(
        f"{title}: due, running; age of the oldest, seconds", [backlog.due, backlog.running], [backlog.oldest]
    )


def _show_work(monitored: MonitoredStacks) -> list[cloudwatch.IWidget]:
    workers = monitored.worker.service
    return [
        _make_graph(
            "Workers; parked tasks, tasks that stopped by themselves, the keeper's errors",
            [tasks_running(workers)],
            [monitored.metrics.parked, monitored.stops.metric, monitored.metrics.keeper_errors],
        ),
        _make_graph(
            "Workers: CPU and memory, %",
            [workers.metric_cpu_utilization(period=PERIOD), workers.metric_memory_utilization(period=PERIOD)],
        ),
        _make_graph("Step retries; notifications", [monitored.metrics.retries], [_count_notices(monitored)]),
    ]


def _show_functions(monitored: MonitoredStacks) -> list[cloudwatch.IWidget]:
    """The function that runs workflows, where the deployment has one."""
    if not monitored.functions:
        return []
    function = monitored.functions.function.function
    return [
        _show_backlog("Functions", monitored.metrics.functions),
        _make_graph(
            "Functions: invocations; errors and throttles",
            [function.metric_invocations(period=PERIOD)],
            [function.metric_errors(period=PERIOD), function.metric_throttles(period=PERIOD)],
        ),
        _make_graph(
            "Functions: duration, ms",
            [function.metric_duration(period=PERIOD, statistic=at) for at in ("p50", "p99", "Maximum")],
        ),
    ]


def _show_costs(monitored: MonitoredStacks) -> list[cloudwatch.IWidget]:
    metrics = monitored.metrics
    return [
        _make_graph("Charges of providers, USD", [metrics.cost]),
        _make_graph("Pages read by OCR", [metrics.recognized]),
        _make_graph("Model tokens: in, out", [metrics.tokens_in], [metrics.tokens_out]),
    ]


def _count_notices(monitored: MonitoredStacks) -> cloudwatch.IMetric:
    return monitored.data.job_events.metric_number_of_messages_published(period=PERIOD)


def _show_steps(monitored: MonitoredStacks) -> list[cloudwatch.IWidget]:
    groups = [monitored.worker.log.log_group_name]
    table = cloudwatch.LogQueryVisualizationType.TABLE
    wide = 3 * _WIDTH // 2
    return [
        cloudwatch.LogQueryWidget(title=title, log_group_names=groups, query_lines=list(lines), view=table, width=wide)
        for title, lines in (("Steps: duration, seconds", _STEPS), ("Retries and failures", _RETRIES))
    ]


def _show_front(monitored: MonitoredStacks) -> list[cloudwatch.IWidget]:
    api, function = monitored.api.http_api.api, monitored.api.trigger.function
    metrics = monitored.metrics
    return [
        _make_graph("API: requests", [api_metric(api, name, "Sum") for name in ("Count", "4xx", "5xx")]),
        _make_graph(
            "Trigger: duration, ms; errors and throttles",
            [function.metric_duration(period=PERIOD, statistic=at) for at in ("p50", "p99")],
            [function.metric_errors(period=PERIOD), function.metric_throttles(period=PERIOD)],
        ),
        _make_graph(
            "Server: requests, deliveries, announcements to send; ready",
            [metrics.requests, metrics.deliveries, metrics.outbox],
            [metrics.ready],
        ),
    ]


def _show_database(monitored: MonitoredStacks) -> list[cloudwatch.IWidget]:
    instance = monitored.data.database.instance
    server = monitored.server.service
    return [
        _make_graph("Database: CPU, %", [instance.metric_cpu_utilization(period=PERIOD)]),
        _make_graph(
            "Database: connections; free storage, bytes",
            [instance.metric_database_connections(period=PERIOD)],
            [instance.metric_free_storage_space(period=PERIOD)],
        ),
        _make_graph(
            "Server: CPU and memory, %",
            [server.metric_cpu_utilization(period=PERIOD), server.metric_memory_utilization(period=PERIOD)],
        ),
    ]
