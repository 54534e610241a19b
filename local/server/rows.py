"""Between the tables' rows and the protocol's records: the columns of each record, and how a row becomes one."""

from collections.abc import Callable
from typing import Any

from msgspec import json

from wire.records import Promise, Schedule, Task, Value

type Row = tuple[Any, ...]

PROMISE = "id, state, param, value, tags, timeout_at, created_at, settled_at"
TASK = (
    "id, state, version, timer, ttl, pid, "
    "(SELECT count(*) FROM callbacks WHERE callbacks.awaiter = tasks.id AND ready = 1)"
)
SCHEDULE = "id, cron, promise_id, promise_timeout, promise_param, promise_tags, created_at, next_run_at, last_run_at"
LEASE = 1  # tasks.timer while somebody holds the task
RESEND = 0  # tasks.timer while its message waits to be sent again

value_of: Callable[[str], Value] = json.Decoder(Value).decode
tags_of: Callable[[str], dict[str, str]] = json.Decoder(dict[str, str]).decode
_encode = json.Encoder().encode


def text_of(value: Value | dict[str, str]) -> str:
    """Write what a column keeps as JSON."""
    return _encode(value).decode()


def promise_of(row: Row) -> Promise:
    """Read a row of PROMISE columns."""
    identity, state, param, value, tags, timeout_at, created_at, settled_at = row
    return Promise(
        id=identity,
        state=state,
        param=value_of(param),
        value=value_of(value),
        tags=tags_of(tags),
        timeout_at=timeout_at,
        created_at=created_at,
        settled_at=settled_at,
    )


def task_of(row: Row) -> Task:
    """Read a row of TASK columns; who holds it, and for how long, is only told while it is held."""
    identity, state, version, timer, ttl, pid, resumes = row
    is_held = timer == LEASE
    return Task(
        id=identity,
        state=state,
        version=version,
        resumes=resumes,
        pid=pid if is_held else None,
        ttl=ttl if is_held else None,
    )


def schedule_of(row: Row) -> Schedule:
    """Read a row of SCHEDULE columns."""
    identity, cron, promise_id, timeout, param, tags, created_at, next_run_at, last_run_at = row
    return Schedule(
        id=identity,
        cron=cron,
        promise_id=promise_id,
        promise_timeout=timeout,
        promise_param=value_of(param),
        promise_tags=tags_of(tags),
        created_at=created_at,
        next_run_at=next_run_at,
        last_run_at=last_run_at,
    )
