"""What alarms and dashboard read."""

from dataclasses import dataclass

from stacks.api import Api
from stacks.data import Data
from stacks.functions import Functions
from stacks.server import Server
from stacks.worker import Worker

from .metrics import Metrics
from .task_stops import TaskStops


@dataclass(frozen=True, kw_only=True)
class MonitoredStacks:
    """The stacks and metrics that alarms and dashboard read."""

    metrics: Metrics
    stops: TaskStops
    data: Data
    server: Server
    worker: Worker
    api: Api
    functions: Functions | None
