"""Why a job is where it is: one sentence for people, and the same as fields for programs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from durable.wire.call_record import CallKind
from durable.wire.fields import PromiseState
from durable.wire.records import Promise, Task, error_text
from durable.wire.requests import TARGET

from .fields import to_fields
from .operations import Operation
from .parking_notes import ParkingNote

_NO_NOTES: Final[Sequence[ParkingNote]] = ()
_ENDINGS: Final[Mapping[PromiseState, str]] = {
    "resolved": "is done",
    "rejected": "has failed",
    "rejected_canceled": "was canceled",
    "rejected_timedout": "has not ended before its deadline",
}


class WaitReason(StrEnum):
    """What a part of a job waits for."""

    SLEEP = "sleep"
    ANSWER = "answer"  # to a promise that is settled from outside
    WORKER = "worker"  # none has taken its task
    STEP = "step"  # it is under way
    RUN = "run"  # a worker runs the workflow's body
    PARKED = "parked"
    HALTED = "halted"  # by an operator


_SENTENCES: Final[Mapping[WaitReason, str]] = {
    WaitReason.SLEEP: "{promise} sleeps until {until}",
    WaitReason.ANSWER: "{promise} '{name}' waits for an answer since {since}, until {until} at the latest",
    WaitReason.WORKER: "{promise} '{name}' waits for a worker of the group {group} since {since}",
    WaitReason.STEP: "{promise} step '{name}' is under way since {since} {holder}{attempts}",
    WaitReason.RUN: "{promise} '{name}' is run by worker {worker}",
    WaitReason.PARKED: "{promise} '{name}' is parked since {since}: {message}",
    WaitReason.HALTED: "{promise} '{name}' was halted by an operator: continue its task",
}


@dataclass(frozen=True, kw_only=True)
class Wait:
    """One thing that a job waits for. Times are in seconds since 1970."""

    reason: WaitReason
    promise: str
    name: str
    since: float
    until: float | None = None  # the end of a sleep, or the deadline of an answer
    group: str | None = None  # the group of the workers that may take the task
    worker: str | None = None
    attempts: int | None = None  # attempts of a step, if the caller knows them
    code: str | None = None  # why a task is parked
    message: str | None = None

    def __str__(self) -> str:
        return _SENTENCES[self.reason].format(
            promise=self.promise,
            name=self.name,
            since=format_time(self.since),
            until=format_time(self.until or 0.0),
            group=self.group,
            worker=self.worker,
            holder=f"on worker {self.worker}" if self.worker else "and no worker has it now",
            attempts=f", attempt {self.attempts}" if self.attempts else "",
            message=self.message,
        )


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why a job is where it is. A job that has ended waits for nothing."""

    job: str
    state: PromiseState
    waits: Sequence[Wait] = ()
    ended_at: float | None = None
    error: Mapping[str, Any] | None = None  # code, message and step of a job that has failed

    def to_dict(self) -> dict[str, Any]:
        """Return its fields for JSON."""
        return to_fields(self)

    def __str__(self) -> str:
        if self.state == "pending":
            reasons = "; ".join(map(str, self.waits))
            return f"{self.job} waits: {reasons or 'its records show no reason: a worker will take it soon'}"
        at = f" at {format_time(self.ended_at)}" if self.ended_at else ""
        reason = ""
        if self.error:
            step = f" in step {self.error['step']}" if self.error.get("step") else ""
            reason = f": {self.error['code']}{step}: {self.error['message']}"
        return f"{self.job} {_ENDINGS[self.state]}{at}{reason}"


def format_time(seconds: float) -> str:
    """Return a time in UTC, as RFC 3339 has it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def explain(
    root: Promise, operations: Sequence[Operation], tasks: Mapping[str, Task], notes: Sequence[ParkingNote] = _NO_NOTES
) -> Explanation:
    """Return why a job is where it is. `tasks` are its own and those of its open parts, by id."""
    if root.state == "pending":
        reader = _Reader(root, operations, tasks, notes)
        return Explanation(job=root.id, state=root.state, waits=tuple(reader.list_waits()))
    ended_at = None if root.settled_at is None else root.settled_at / 1_000
    return Explanation(job=root.id, state=root.state, ended_at=ended_at, error=_read_error(root))


class _Reader:
    """Finds the waits of one job: each open call that has no open call below it, and each task."""

    def __init__(
        self,
        root: Promise,
        operations: Sequence[Operation],
        tasks: Mapping[str, Task],
        notes: Sequence[ParkingNote],
    ) -> None:
        self._root: Final = root
        self._operations: Final = [one for one in operations if one.kind is not CallKind.DETACHED]
        self._by_id: Final = {one.id: one for one in self._operations}
        self._tasks: Final = tasks
        self._notes: Final = notes
        self._open: Final = [one for one in self._operations if one.state == "pending"]

    def list_waits(self) -> Iterator[Wait]:
        """Yield the waits in the order of the calls."""
        began = self._root.created_at / 1_000
        yield from self._explain_task(self._root.id, _workflow_of(self._root), self._root.tags.get(TARGET), began)
        parents = {one.parent for one in self._open}
        for one in self._open:
            if self._is_task(one):
                yield from self._explain_task(one.id, one.name, one.address, one.created_at)
            elif one.kind in (CallKind.SLEEP, CallKind.PROMISE):
                reason = WaitReason.SLEEP if one.kind is CallKind.SLEEP else WaitReason.ANSWER
                yield Wait(reason=reason, promise=one.id, name=one.name, since=one.created_at, until=one.timeout_at)
            elif one.id not in parents:
                yield from self._explain_step(one)

    def _is_task(self, one: Operation) -> bool:
        return one.address is not None and one.kind is not CallKind.SLEEP  # the SDK's sleeps have an address, too

    def _owner_of(self, one: Operation) -> str:
        """Return the task that makes a call."""
        parent = self._by_id.get(one.parent)
        if parent is None:
            return self._root.id
        return parent.id if self._is_task(parent) else self._owner_of(parent)

    def _explain_step(self, one: Operation) -> Iterator[Wait]:
        owner = self._tasks.get(self._owner_of(one))
        if self._find_note(self._owner_of(one)):
            return
        worker = owner.pid if owner and owner.state == "acquired" else None
        yield Wait(
            reason=WaitReason.STEP,
            promise=one.id,
            name=one.name,
            since=one.created_at,
            worker=worker,
            attempts=one.attempts,
        )

    def _explain_task(self, task_id: str, name: str, address: str | None, began: float) -> Iterator[Wait]:
        task, note = self._tasks.get(task_id), self._find_note(task_id)
        since = self._find_last_change(task_id, began)
        if note:
            yield Wait(
                reason=WaitReason.PARKED,
                promise=task_id,
                name=name,
                since=note.at or since,
                worker=note.worker,
                code=note.code,
                message=note.message,
            )
        elif task is None:
            return
        elif task.state == "halted":
            yield Wait(reason=WaitReason.HALTED, promise=task_id, name=name, since=since)
        elif task.state == "pending":
            group = _group_of(address)
            yield Wait(reason=WaitReason.WORKER, promise=task_id, name=name, since=since, group=group)
        elif task.state == "acquired" and not self._has_open_calls(task_id):
            yield Wait(reason=WaitReason.RUN, promise=task_id, name=name, since=since, worker=task.pid)

    def _has_open_calls(self, task_id: str) -> bool:
        return any(self._owner_of(one) == task_id for one in self._open)

    def _find_last_change(self, task_id: str, began: float) -> float:
        """Return when a call of a task was made or ended last."""
        calls = [one for one in self._operations if self._owner_of(one) == task_id]
        return max([began, *(one.settled_at or one.created_at for one in calls)])

    def _find_note(self, task_id: str) -> ParkingNote | None:
        """Return the latest note about a task, unless a worker has got further, or runs it now, since then."""
        task, own = self._tasks.get(task_id), [one for one in self._notes if one.task == task_id]
        note = max(own, key=lambda one: one.at or 0.0, default=None)
        if note is None or task is None or task.state not in ("pending", "acquired"):
            return None
        is_elsewhere = task.state == "acquired" and task.pid != note.worker
        return None if is_elsewhere or self._find_last_change(task_id, 0.0) > (note.at or 0.0) else note


def _workflow_of(root: Promise) -> str:
    try:
        return str(root.param.decode()["func"])
    except (ValueError, KeyError, TypeError, RecursionError):  # any client may have written it
        return "?"


def _group_of(address: str | None) -> str:
    """Return the group in an address such as poll://any@documents."""
    return (address or "").partition("@")[2].partition("/")[0] or address or "?"


def _read_error(root: Promise) -> Mapping[str, Any] | None:
    """Return the error of a job that has failed; its text is JSON if a workflow of the toolkit raised it."""
    if root.state != "rejected":
        return None
    try:
        text = error_text(root.value.decode()) or ""
    except (ValueError, RecursionError):
        text = ""
    try:
        error = json.loads(text)
        return {"code": str(error["code"]), "message": str(error["message"]), "step": error.get("step")}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {"code": "unexpected", "message": text or "no error was stored", "step": None}
