"""One page: is it working, is anything wrong, and where."""

from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from .measures import FIVE, api_metric, tasks_running
from .watch import Watched

_THIRD: Final = 8  # of the 24 columns of a dashboard
_STEPS: Final = (
    "filter event in ['step_done', 'step_failed']",
    "stats count(*) as ended, avg(duration) as mean, pct(duration, 90) as p90, max(duration) as longest by step",
)
_RETRIES: Final = (
    "filter event in ['step_retrying', 'step_failed', 'job_failed']",
    "stats count(*) as times by step, event, code",
    "sort times desc",
)


def dashboard(scope: Construct, watched: Watched, alarms: list[cloudwatch.Alarm]) -> cloudwatch.Dashboard:
    """Put it together, the question that is asked first at the top."""
    page = cloudwatch.Dashboard(scope, "Dashboard", period_override=cloudwatch.PeriodOverride.AUTO)
    page.add_widgets(cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=3 * _THIRD, height=3))
    for row in (_jobs(watched), _work(watched), _costs(watched), _steps(watched), _front(watched), _database(watched)):
        page.add_widgets(*row)
    return page


def _graph(
    title: str, left: list[cloudwatch.IMetric], right: list[cloudwatch.IMetric] | None = None
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=left, right=right or [], width=_THIRD)


def _jobs(watched: Watched) -> list[cloudwatch.IWidget]:
    measures = watched.measures
    return [
        _graph("Accepted, done, failed", [measures.accepted, measures.done, measures.failed]),
        _graph("Work: due, and of it running", [measures.due, measures.running]),
        _graph("Oldest, seconds", [measures.oldest]),
        _graph("Chunks of texts: due, running, and seconds of the oldest", measures.chunks[:2], measures.chunks[2:]),
    ]


def _work(watched: Watched) -> list[cloudwatch.IWidget]:
    workers = watched.worker.service
    return [
        _graph("Workers", [tasks_running(workers)], [watched.measures.parked]),
        _graph(
            "Workers' processors and memory, %",
            [workers.metric_cpu_utilization(period=FIVE), workers.metric_memory_utilization(period=FIVE)],
        ),
        _graph("Retries, notices", [watched.measures.retries], [_notices(watched)]),
    ]


def _costs(watched: Watched) -> list[cloudwatch.IWidget]:
    measures = watched.measures
    return [
        _graph("What providers charge, USD", [measures.cost]),
        _graph("Pages recognized", [measures.recognized]),
        _graph("Tokens: read, written", [measures.tokens_in], [measures.tokens_out]),
    ]


def _notices(watched: Watched) -> cloudwatch.IMetric:
    return watched.data.job_events.metric_number_of_messages_published(period=FIVE)


def _steps(watched: Watched) -> list[cloudwatch.IWidget]:
    groups = [watched.worker.log.log_group_name]
    table = cloudwatch.LogQueryVisualizationType.TABLE
    wide = 3 * _THIRD // 2
    return [
        cloudwatch.LogQueryWidget(title=title, log_group_names=groups, query_lines=list(lines), view=table, width=wide)
        for title, lines in (("Steps, seconds", _STEPS), ("Retries and failures", _RETRIES))
    ]


def _front(watched: Watched) -> list[cloudwatch.IWidget]:
    api, function = watched.api.front.api, watched.api.trigger.function
    measures = watched.measures
    return [
        _graph("API: requests", [api_metric(api, name, "Sum") for name in ("Count", "4xx", "5xx")]),
        _graph(
            "Trigger: milliseconds, errors",
            [function.metric_duration(period=FIVE, statistic=at) for at in ("p50", "p99")],
            [function.metric_errors(period=FIVE), function.metric_throttles(period=FIVE)],
        ),
        _graph("Server: requests, deliveries", [measures.requests, measures.deliveries], [measures.ready]),
    ]


def _database(watched: Watched) -> list[cloudwatch.IWidget]:
    instance = watched.data.database.instance
    server = watched.server.service
    return [
        _graph("Database: processor, %", [instance.metric_cpu_utilization(period=FIVE)]),
        _graph(
            "Database: connections, free storage",
            [instance.metric_database_connections(period=FIVE)],
            [instance.metric_free_storage_space(period=FIVE)],
        ),
        _graph(
            "Server: processor and memory, %",
            [server.metric_cpu_utilization(period=FIVE), server.metric_memory_utilization(period=FIVE)],
        ),
    ]
