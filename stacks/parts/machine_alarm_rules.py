"""The alarms of tasks and database: is each program healthy, and is it large enough?"""

from collections.abc import Iterator
from typing import Final

from stacks.profile import Profile

from .alarms import AlarmRule
from .metrics import PERIOD
from .monitored import MonitoredStacks

_GIB: Final = 2**30
_MAX_CONNECTIONS: Final = 40  # the server has 10, the keeper 6, and two servers never run for long
_MAX_SURPLUS_CREDITS: Final = 100  # of a burstable class; the smallest earns as many in eight hours


def task_rules(monitored: MonitoredStacks) -> Iterator[AlarmRule]:
    """The health of the programs on Fargate."""
    worker, server = monitored.worker.service, monitored.server.service
    yield AlarmRule(
        name="TasksStop",
        description="At least three tasks stopped by themselves, or could not start, within 30 minutes. The log group"
        " of the task stops has ECS' reason for each.",
        metric=monitored.stops.metric,
        at_least=3,
    )
    yield AlarmRule(
        name="KeeperErrors",
        description="The keeper logged an error: history may not be deleted, or gauges may be missing. Read its log.",
        metric=monitored.metrics.keeper_errors,
        at_least=1,
    )
    yield AlarmRule(
        name="WorkerMemory",
        description="Workers use more than 90 % of their memory. Reduce the slots or add memory in"
        " stacks/profile.py, and deploy.",
        metric=worker.metric_memory_utilization(period=PERIOD, statistic="Maximum"),
        at_least=90,
        periods=3,
    )
    remedy = "All jobs need it: deploy a larger server in stacks/profile.py."
    yield AlarmRule(
        name="ServerBusy",
        description=f"The server's task has used 90 % of its CPU for 15 minutes. {remedy}",
        metric=server.metric_cpu_utilization(period=PERIOD),
        at_least=90,
        periods=3,
    )
    yield AlarmRule(
        name="ServerMemory",
        description=f"The server's task has used 90 % of its memory for 15 minutes. {remedy}",
        metric=server.metric_memory_utilization(period=PERIOD, statistic="Maximum"),
        at_least=90,
        periods=3,
    )


def database_rules(monitored: MonitoredStacks, profile: Profile) -> Iterator[AlarmRule]:
    """The health of the database, and its size."""
    instance = monitored.data.database.instance
    yield AlarmRule(
        name="DatabaseFull",
        description="Less than 5 % of the database's first storage is free, and RDS does not grow it: it is"
        " at its maximum, or RDS grew it within the last hours. Raise database_max_gigabytes in"
        " stacks/profile.py, and deploy.",
        metric=instance.metric_free_storage_space(period=PERIOD, statistic="Minimum"),
        below=profile.database_gigabytes * _GIB / 20,
        periods=6,  # RDS begins to grow it after five minutes, and needs some more
    )
    yield AlarmRule(
        name="DatabaseBusy",
        description="The database has used 90 % of its CPU for 15 minutes, and requests wait for it. Deploy a"
        " larger database_class.",
        metric=instance.metric_cpu_utilization(period=PERIOD),
        at_least=90,
        periods=3,
    )
    yield AlarmRule(
        name="DatabaseMemory",
        description="Less than 5 % of the database's memory has been free for 15 minutes. Deploy a larger"
        " database_class.",
        metric=instance.metric_freeable_memory(period=PERIOD, statistic="Minimum"),
        below=profile.database_memory_gigabytes * _GIB / 20,
        periods=3,
    )
    yield AlarmRule(
        name="DatabaseConnections",
        description=f"The database has more than {_MAX_CONNECTIONS} connections; server and keeper need half as many."
        " Look for a second server, and for what else connects.",
        metric=instance.metric_database_connections(period=PERIOD, statistic="Maximum"),
        at_least=_MAX_CONNECTIONS,
        periods=3,
    )
    if profile.database_class.startswith("t"):
        yield AlarmRule(
            name="DatabaseCredits",
            description="The database uses more CPU than its class includes, and AWS charges for the surplus. Deploy a"
            " larger database_class if the work stays.",
            metric=instance.metric("CPUSurplusCreditBalance", period=PERIOD, statistic="Maximum"),
            at_least=_MAX_SURPLUS_CREDITS,
            periods=3,
        )
