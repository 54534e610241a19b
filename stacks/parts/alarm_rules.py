"""The list of alarms. Each description tells the operator what happened, what to do, and which page explains it."""

from dataclasses import dataclass
from typing import Final

from stacks.api import Api
from stacks.data import Data
from stacks.profile import Profile
from stacks.server import Server
from stacks.worker import Worker

from .alarms import AlarmRule, count_stalls
from .metrics import PERIOD, Metrics, api_metric

_GIB: Final = 2**30
_HOUR: Final = 3_600


@dataclass(frozen=True, kw_only=True)
class MonitoredStacks:
    """The stacks and metrics that alarms and dashboard read."""

    metrics: Metrics
    data: Data
    server: Server
    worker: Worker
    api: Api


def alarm_rules(monitored: MonitoredStacks, profile: Profile) -> list[AlarmRule]:
    """Return the rules of all alarms."""
    return [*_jobs(monitored), *_front(monitored), *_workers(monitored), *_database(monitored, profile)]


def _jobs(monitored: MonitoredStacks) -> list[AlarmRule]:
    metrics = monitored.metrics
    return [
        AlarmRule(
            name="NothingMoves",
            description="Tasks are due, and no worker has held one for 20 minutes. Run ./longhand doctor and read"
            " the workers' log; if no worker runs, scale the service up.",
            metric=count_stalls(metrics.due, metrics.running, period=PERIOD),
            at_least=1,
            periods=4,
        ),
        AlarmRule(
            name="JobTooOld",
            description="A job that could run was created more than a day ago and is not done. Run ./longhand"
            " status JOB to see its step, and search the workers' log for its jobId.",
            metric=metrics.oldest,
            at_least=24 * _HOUR,
            periods=12,  # a job that resumes after days of sleep is old at once: it has an hour
        ),
        AlarmRule(
            name="ServerNotReady",
            description="The Resonate server is not ready, or its keeper sends no data. No job is lost; the API"
            " answers 503. Look at the server's task and its log, then at the database.",
            metric=metrics.ready,
            below=1,
            periods=2,
            no_data_is_bad=True,
        ),
        AlarmRule(
            name="AnnouncementsStuck",
            description="The server has had at least 1,000 announcements to send for 10 minutes, so jobs begin and"
            " resume late. Look at the database's CPU and the server's, and search the keeper's log for: outbox.",
            metric=metrics.outbox,
            at_least=1_000,
            periods=2,
        ),
        AlarmRule(
            name="JobsFail",
            description="At least 10 jobs failed within 5 minutes. The workers' log has the code of each; one"
            " frequent code has one cause.",
            metric=metrics.failed,
            at_least=10,
        ),
        AlarmRule(
            name="TasksParked",
            description="Workers parked tasks whose workflow or version they do not know, or whose recorded steps are"
            " not those of their code. Deploy workers that know it; no job is lost.",
            metric=metrics.parked,
            at_least=1,
            periods=3,
        ),
    ]


def _front(monitored: MonitoredStacks) -> list[AlarmRule]:
    function = monitored.api.trigger.function
    failed = monitored.data.job_events.metric_number_of_notifications_failed(period=PERIOD)
    return [
        AlarmRule(
            name="ApiFails",
            description="The API answered 5xx at least 5 times within 5 minutes. If 503, the server did not"
            " answer: see ServerNotReady. Otherwise read the trigger's log.",
            metric=api_metric(monitored.api.http_api.api, "5xx", "Sum"),
            at_least=5,
        ),
        AlarmRule(
            name="TriggerErrors",
            description="The trigger function crashed or timed out; a refused request never counts here. Read the"
            " trigger's log.",
            metric=function.metric_errors(period=PERIOD),
            at_least=1,
        ),
        AlarmRule(
            name="NoticesLost",
            description="A subscriber of the job events topic does not accept notifications. Look at the topic's"
            " subscriptions.",
            metric=failed,
            at_least=1,
        ),
    ]


def _workers(monitored: MonitoredStacks) -> list[AlarmRule]:
    return [
        AlarmRule(
            name="WorkerMemory",
            description="Workers use more than 90 % of their memory. Reduce the slots or add memory in"
            " stacks/profile.py, and deploy.",
            metric=monitored.worker.service.metric_memory_utilization(period=PERIOD, statistic="Maximum"),
            at_least=90,
            periods=3,
        )
    ]


def _database(monitored: MonitoredStacks, profile: Profile) -> list[AlarmRule]:
    instance = monitored.data.database.instance
    return [
        AlarmRule(
            name="DatabaseFull",
            description="Less than 5 % of the database's first storage is free, and RDS does not grow it: it is"
            " at its maximum, or RDS grew it within the last hours. Raise database_max_gigabytes in"
            " stacks/profile.py, and deploy.",
            metric=instance.metric_free_storage_space(period=PERIOD, statistic="Minimum"),
            below=profile.database_gigabytes * _GIB / 20,
            periods=6,  # RDS begins to grow it after five minutes, and needs some more
        ),
        AlarmRule(
            name="DatabaseBusy",
            description="The database has used 90 % of its CPU for 15 minutes, and requests wait for it. Deploy a"
            " larger database_class.",
            metric=instance.metric_cpu_utilization(period=PERIOD),
            at_least=90,
            periods=3,
        ),
    ]
