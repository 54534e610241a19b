"""The calls of a job, from its promises alone: no worker needs to run.

The tags of a promise describe its call. For promises that are older than these tags, the SDK's own say as much as they
can. Which worker ended a call, and in which attempt, is beside its value. How often a running step was tried is in no
promise: a caller that knows it passes it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from durable.wire.call_record import CallKind, CallRecord, EndRecord
from durable.wire.fields import PromiseState
from durable.wire.records import Promise
from durable.wire.requests import TARGET

from .fields import from_fields, to_fields
from .parking_notes import PARKED_TAG

_NO_ATTEMPTS: Final[Mapping[str, int]] = {}
_MAX_VALUE_CHARACTERS: Final = 48
_UNKNOWN_NAME: Final = "?"
_UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", 60))
_HEADINGS: Final = ("at", "id", "operation", "kind", "state", "attempts", "took", "value")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A call that a workflow made, as its promise shows it. Times are in seconds since 1970."""

    id: str
    name: str
    kind: CallKind
    state: PromiseState
    depth: int  # 0 for a call of the job itself
    created_at: float
    settled_at: float | None
    timeout_at: float
    value: Any = None  # the JSON that it was settled with
    address: str | None = None  # the address of the workers that may run it
    attempts: int | None = None  # attempts of the step so far; for a running step, if the caller knows the number
    started_at: float | None = None  # the start of an ended step: its first attempt in the run that ended it
    ended_at: float | None = None
    worker: str | None = None  # that ended it
    run: int | None = None  # the version of the task's run that made the call: a higher one resumed the job

    def to_dict(self) -> dict[str, Any]:
        """Return its fields for JSON."""
        return to_fields(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """Return it from its fields; others are ignored. Raises TypeError or ValueError."""
        values = from_fields(fields)
        known = {name: values[name] for name in cls.__dataclass_fields__ if name in values}
        return cls(**{"settled_at": None, **known, "kind": CallKind(str(values.get("kind")))})

    @property
    def parent(self) -> str:
        """The promise whose body made the call."""
        above, _, _ = self.id.rpartition("." if "." in self.id.partition(":")[2] else ":")
        return above


def list_operations(
    job: str, promises: Iterable[Promise], attempts: Mapping[str, int] = _NO_ATTEMPTS
) -> list[Operation]:
    """Return the calls of a job in the order of their positions, each scope's below it."""
    calls = [one for one in promises if one.id != job and PARKED_TAG not in one.tags]
    found = [_read(one, job, attempts.get(one.id)) for one in calls]
    return sorted(found, key=lambda one: _position(one.id, job))


def _position(promise_id: str, job: str) -> tuple[tuple[bool, int, str], ...]:
    parts = promise_id.removeprefix(job).removeprefix(":").split(".")
    return tuple((not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts)


def _read(promise: Promise, job: str, attempts: int | None) -> Operation:
    name, kind = _read_call(promise)
    call, end = CallRecord.read(promise.tags), EndRecord.read(promise.value.headers)
    return Operation(
        id=promise.id,
        name=name,
        kind=kind,
        state=promise.state,
        depth=promise.id.removeprefix(job).count("."),
        created_at=promise.created_at / 1_000,
        settled_at=None if promise.settled_at is None else promise.settled_at / 1_000,
        timeout_at=promise.timeout_at / 1_000,
        value=_decode(promise),
        address=promise.tags.get(TARGET),
        attempts=end.attempts if end and attempts is None else attempts,
        started_at=end.started_at if end else None,
        ended_at=end.ended_at if end else None,
        worker=end.worker if end else None,
        run=call.fence if call else None,
    )


def _read_call(promise: Promise) -> tuple[str, CallKind]:
    if call := CallRecord.read(promise.tags):
        return call.name, call.kind
    if promise.tags.get("resonate:timer") == "true":
        return CallKind.SLEEP, CallKind.SLEEP
    if promise.tags.get("resonate:external") == "true":
        return CallKind.PROMISE, CallKind.PROMISE
    if TARGET in promise.tags:
        return _read_function(promise), CallKind.PART
    return _UNKNOWN_NAME, CallKind.UNKNOWN


def _read_function(promise: Promise) -> str:
    try:
        return str(promise.param.decode()["func"])
    except (ValueError, KeyError, TypeError, RecursionError):  # any client may have written it
        return _UNKNOWN_NAME


def _decode(promise: Promise) -> Any:  # noqa: ANN401 any JSON
    try:
        return promise.value.decode()
    except (ValueError, RecursionError):
        return None


def format_history(
    job: str, state: str, operations: Sequence[Operation], *, began: float, ended: float | None = None
) -> str:
    """Return the history of a job's promise as a table. Times are in seconds since 1970."""
    took = "" if ended is None else f" after {format_seconds(ended - began)}"
    rows = [_HEADINGS, *(_format_row(one, job, began) for one in operations)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join([f"{job}: {state}{took}", *lines])


def _format_row(one: Operation, job: str, began: float) -> tuple[str, ...]:
    value = "" if one.value is None else json.dumps(one.value)
    return (
        f"+{format_seconds(one.created_at - began)}",
        one.id.removeprefix(job),
        "  " * one.depth + one.name,
        one.kind,
        one.state,
        str(one.attempts or ""),
        "" if one.settled_at is None else format_seconds(one.settled_at - one.created_at),
        value if len(value) <= _MAX_VALUE_CHARACTERS else f"{value[:_MAX_VALUE_CHARACTERS]}...",
    )


def format_seconds(seconds: float) -> str:
    """Return a duration with its largest unit."""
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
