"""Which alarms there are."""

from dataclasses import dataclass
from typing import Final

from stacks.api import Api
from stacks.data import Data
from stacks.profile import Profile
from stacks.server import Server
from stacks.worker import Worker

from .alarms import Rule, nothing_moves
from .measures import FIVE, Measures, api_metric

_GIB: Final = 2**30
_HOUR: Final = 3_600


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What there is to look at."""

    measures: Measures
    data: Data
    server: Server
    worker: Worker
    api: Api


def rules(watched: Watched, profile: Profile) -> list[Rule]:
    """List them all."""
    return [*_jobs(watched), *_front(watched), *_workers(watched), *_database(watched, profile)]


def _jobs(watched: Watched) -> list[Rule]:
    measures = watched.measures
    return [
        Rule(
            name="NothingMoves",
            text="Jobs could go on, and no worker has taken one. Are there workers? What does their log say?",
            metric=nothing_moves(measures.due, measures.running, period=FIVE),
            at_least=1,
            periods=4,
        ),
        Rule(
            name="JobTooOld",
            text="A job that could go on is not done after a day. GET /status says at which step it is.",
            metric=measures.oldest,
            at_least=24 * _HOUR,
            periods=12,  # one that slept for days, and goes on now, is old at once: it has an hour
        ),
        Rule(
            name="ServerNotReady",
            text="The Resonate server is not ready, or its keeper is silent. Look at the server's task, then the"
            " database. No job is lost; the API answers 503.",
            metric=measures.ready,
            below=1,
            periods=2,
            silence_is_bad=True,
        ),
        Rule(
            name="JobsFail",
            text="Many jobs failed. The worker's log says which, with a code for each.",
            metric=measures.failed,
            at_least=10,
        ),
        Rule(
            name="TasksParked",
            text="Jobs of a workflow or version that no worker knows. Deploy the workers that do.",
            metric=measures.parked,
            at_least=1,
            periods=3,
        ),
    ]


def _front(watched: Watched) -> list[Rule]:
    function = watched.api.trigger.function
    failed = watched.data.job_events.metric_number_of_notifications_failed(period=FIVE)
    return [
        Rule(
            name="ApiFails",
            text="The API answers 5xx. 503 is a server that does not answer; else look at the trigger's log.",
            metric=api_metric(watched.api.front.api, "5xx", "Sum"),
            at_least=5,
        ),
        Rule(
            name="TriggerErrors",
            text="The trigger crashed or ran out of time: its own errors are answers, not crashes.",
            metric=function.metric_errors(period=FIVE),
            at_least=1,
        ),
        Rule(
            name="NoticesLost",
            text="A subscriber of the job events does not take them.",
            metric=failed,
            at_least=1,
        ),
    ]


def _workers(watched: Watched) -> list[Rule]:
    return [
        Rule(
            name="WorkerMemory",
            text="Workers are short of memory: fewer slots, or more memory, in stacks/profile.py.",
            metric=watched.worker.service.metric_memory_utilization(period=FIVE, statistic="Maximum"),
            at_least=90,
            periods=3,
        )
    ]


def _database(watched: Watched, profile: Profile) -> list[Rule]:
    instance = watched.data.database.instance
    return [
        Rule(
            name="DatabaseFull",
            text="The database's storage is nearly full. RDS adds to it below a tenth: it does so no more, because it"
            " has reached its most or grew within the last hours.",
            metric=instance.metric_free_storage_space(period=FIVE, statistic="Minimum"),
            below=profile.database_gigabytes * _GIB / 20,
            periods=6,  # growing begins after five minutes, and takes some
        ),
        Rule(
            name="DatabaseBusy",
            text="The database computes at its limit: every request waits for it.",
            metric=instance.metric_cpu_utilization(period=FIVE),
            at_least=90,
            periods=3,
        ),
    ]
