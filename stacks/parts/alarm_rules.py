"""Which alarms there are."""

from dataclasses import dataclass
from typing import Final

from stacks.api import Api
from stacks.data import Data
from stacks.profile import Profile
from stacks.server import Server
from stacks.worker import Worker

from .alarms import AlarmRule, stalled_work
from .metrics import FIVE, Metrics, api_metric

_GIB: Final = 2**30
_HOUR: Final = 3_600


@dataclass(frozen=True, kw_only=True)
class MonitoredStacks:
    """What there is to look at."""

    metrics: Metrics
    data: Data
    server: Server
    worker: Worker
    api: Api


def rules(monitored: MonitoredStacks, profile: Profile) -> list[AlarmRule]:
    """List them all."""
    return [*_jobs(monitored), *_front(monitored), *_workers(monitored), *_database(monitored, profile)]


def _jobs(monitored: MonitoredStacks) -> list[AlarmRule]:
    metrics = monitored.metrics
    return [
        AlarmRule(
            name="NothingMoves",
            text="Jobs could go on, and no worker has taken one. Are there workers? What does their log say?",
            metric=stalled_work(metrics.due, metrics.running, period=FIVE),
            at_least=1,
            periods=4,
        ),
        AlarmRule(
            name="JobTooOld",
            text="A job that could go on is not done after a day. GET /status says at which step it is.",
            metric=metrics.oldest,
            at_least=24 * _HOUR,
            periods=12,  # one that slept for days, and goes on now, is old at once: it has an hour
        ),
        AlarmRule(
            name="ServerNotReady",
            text="The Resonate server is not ready, or its keeper is silent. Look at the server's task, then the"
            " database. No job is lost; the API answers 503.",
            metric=metrics.ready,
            below=1,
            periods=2,
            silence_is_bad=True,
        ),
        AlarmRule(
            name="JobsFail",
            text="Many jobs failed. The worker's log says which, with a code for each.",
            metric=metrics.failed,
            at_least=10,
        ),
        AlarmRule(
            name="TasksParked",
            text="Jobs of a workflow or version that no worker knows. Deploy the workers that do.",
            metric=metrics.parked,
            at_least=1,
            periods=3,
        ),
    ]


def _front(monitored: MonitoredStacks) -> list[AlarmRule]:
    function = monitored.api.trigger.function
    failed = monitored.data.job_events.metric_number_of_notifications_failed(period=FIVE)
    return [
        AlarmRule(
            name="ApiFails",
            text="The API answers 5xx. 503 is a server that does not answer; else look at the trigger's log.",
            metric=api_metric(monitored.api.http_api.api, "5xx", "Sum"),
            at_least=5,
        ),
        AlarmRule(
            name="TriggerErrors",
            text="The trigger crashed or ran out of time: its own errors are answers, not crashes.",
            metric=function.metric_errors(period=FIVE),
            at_least=1,
        ),
        AlarmRule(
            name="NoticesLost",
            text="A subscriber of the job events does not take them.",
            metric=failed,
            at_least=1,
        ),
    ]


def _workers(monitored: MonitoredStacks) -> list[AlarmRule]:
    return [
        AlarmRule(
            name="WorkerMemory",
            text="Workers are short of memory: fewer slots, or more memory, in stacks/profile.py.",
            metric=monitored.worker.service.metric_memory_utilization(period=FIVE, statistic="Maximum"),
            at_least=90,
            periods=3,
        )
    ]


def _database(monitored: MonitoredStacks, profile: Profile) -> list[AlarmRule]:
    instance = monitored.data.database.instance
    return [
        AlarmRule(
            name="DatabaseFull",
            text="The database's storage is nearly full. RDS adds to it below a tenth: it does so no more, because it"
            " has reached its most or grew within the last hours.",
            metric=instance.metric_free_storage_space(period=FIVE, statistic="Minimum"),
            below=profile.database_gigabytes * _GIB / 20,
            periods=6,  # growing begins after five minutes, and takes some
        ),
        AlarmRule(
            name="DatabaseBusy",
            text="The database computes at its limit: every request waits for it.",
            metric=instance.metric_cpu_utilization(period=FIVE),
            at_least=90,
            periods=3,
        ),
    ]
