"""The states that a recorded task went through. A running job that began the same way is in one of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from .recording import RecordedPromise, Recording

type _Moment = tuple[int, tuple[float, ...], str]  # the time, the position, and the promise

ENDED_STATES: Final = frozenset({"resolved", "rejected"})  # the states of a promise whose function has returned
_AFTER_CHILDREN: Final = float("inf")  # within a millisecond, a scope is settled after the calls in it


@dataclass(frozen=True)
class TaskState:
    """What the server had of a task at one moment. `is_last`: its function has returned."""

    task: RecordedPromise
    promises: Mapping[str, RecordedPromise]
    is_last: bool
    next_settled: str | None = None  # the promise that ends when the next state begins


def find_states(recording: Recording, task: RecordedPromise) -> Iterator[TaskState]:
    """Give the states of a task, from the first, in which it has made no call, to the last."""
    final = {one.id: one for one in _find_own(recording, task)}
    known: dict[str, RecordedPromise] = {}
    moments = sorted(moment for one in final.values() for moment in _list_moments(one))
    for _, _, promise_id in moments:
        is_settled = promise_id in known
        yield TaskState(task, dict(known), is_last=False, next_settled=promise_id if is_settled else None)
        one = final[promise_id]
        known[promise_id] = one if is_settled else replace(one, state="pending", settled_at=None, value=None)
    yield TaskState(task, known, is_last=task.state in ENDED_STATES)


def _find_own(recording: Recording, task: RecordedPromise) -> Iterator[RecordedPromise]:
    """Give the calls of a task and of the scopes in it, without the calls of other tasks."""
    by_id = {one.id: one for one in recording.promises}
    for one in recording.promises[1:]:
        caller = by_id.get(one.caller_id)
        while caller and not caller.is_task:  # a scope, or a workflow within its caller's task
            caller = by_id.get(caller.caller_id)
        if caller is task:
            yield one


def _list_moments(promise: RecordedPromise) -> Iterator[_Moment]:
    yield promise.created_at, promise.position, promise.id
    if promise.settled_at is not None:
        yield promise.settled_at, (*promise.position, _AFTER_CHILDREN), promise.id
