"""Maps each kind of request to the rule that answers it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from durable.wire import requests

from .rules import debug, promises, schedules, tasks
from .transaction import Answer, Transaction


@dataclass(frozen=True, slots=True)
class Kind:
    """The type of a request's data, and the rule that answers it."""

    shape: type[requests.Request]
    rule: Callable[[Transaction, Any], Answer]


def _kind[R: requests.Request](shape: type[R], rule: Callable[[Transaction, R], Answer]) -> tuple[str, Kind]:
    return shape.kind, Kind(shape, rule)


KINDS = dict(
    [
        _kind(requests.PromiseGet, promises.get),
        _kind(requests.PromiseCreate, promises.create),
        _kind(requests.PromiseSettle, promises.settle),
        _kind(requests.PromiseRegisterCallback, promises.register_callback),
        _kind(requests.PromiseRegisterListener, promises.register_listener),
        _kind(requests.PromiseSearch, promises.search),
        _kind(requests.TaskGet, tasks.get),
        _kind(requests.TaskCreate, tasks.create),
        _kind(requests.TaskAcquire, tasks.acquire),
        _kind(requests.TaskFence, tasks.fence),
        _kind(requests.TaskSuspend, tasks.suspend),
        _kind(requests.TaskFulfill, tasks.fulfill),
        _kind(requests.TaskRelease, tasks.release),
        _kind(requests.TaskHeartbeat, tasks.heartbeat),
        _kind(requests.TaskHalt, tasks.halt),
        _kind(requests.TaskContinue, tasks.continue_),
        _kind(requests.TaskSearch, tasks.search),
        _kind(requests.ScheduleGet, schedules.get),
        _kind(requests.ScheduleCreate, schedules.create),
        _kind(requests.ScheduleDelete, schedules.delete),
        _kind(requests.ScheduleSearch, schedules.search),
    ]
)

# Answered in debug mode only; start and stop change the server, not its database.
DEBUG_KINDS = dict(
    [
        _kind(requests.DebugTick, debug.tick),
        _kind(requests.DebugSnap, debug.snap),
        _kind(requests.DebugReset, debug.reset),
    ]
)
DEBUG_SWITCHES = {requests.DebugStart.kind: True, requests.DebugStop.kind: False}
