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


def _make_kind[R: requests.Request](shape: type[R], rule: Callable[[Transaction, R], Answer]) -> tuple[str, Kind]:
    return shape.kind, Kind(shape, rule)


KINDS = dict(
    [
        _make_kind(requests.PromiseGet, promises.get),
        _make_kind(requests.PromiseCreate, promises.create),
        _make_kind(requests.PromiseSettle, promises.settle),
        _make_kind(requests.PromiseRegisterCallback, promises.register_callback),
        _make_kind(requests.PromiseRegisterListener, promises.register_listener),
        _make_kind(requests.PromiseSearch, promises.search),
        _make_kind(requests.TaskGet, tasks.get),
        _make_kind(requests.TaskCreate, tasks.create),
        _make_kind(requests.TaskAcquire, tasks.acquire),
        _make_kind(requests.TaskFence, tasks.fence),
        _make_kind(requests.TaskSuspend, tasks.suspend),
        _make_kind(requests.TaskFulfill, tasks.fulfill),
        _make_kind(requests.TaskRelease, tasks.release),
        _make_kind(requests.TaskHeartbeat, tasks.heartbeat),
        _make_kind(requests.TaskHalt, tasks.halt),
        _make_kind(requests.TaskContinue, tasks.continue_),
        _make_kind(requests.TaskSearch, tasks.search),
        _make_kind(requests.ScheduleGet, schedules.get),
        _make_kind(requests.ScheduleCreate, schedules.create),
        _make_kind(requests.ScheduleDelete, schedules.delete),
        _make_kind(requests.ScheduleSearch, schedules.search),
    ]
)

# Answered in debug mode only; start and stop change the server, not its database.
DEBUG_KINDS = dict(
    [
        _make_kind(requests.DebugTick, debug.tick),
        _make_kind(requests.DebugSnap, debug.snap),
        _make_kind(requests.DebugReset, debug.reset),
    ]
)
DEBUG_SWITCHES = {requests.DebugStart.kind: True, requests.DebugStop.kind: False}
