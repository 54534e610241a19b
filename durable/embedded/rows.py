"""Converts between table rows and the protocol's records."""

from collections.abc import Callable
from typing import Any

from msgspec import json

from durable.wire.records import Promise, Schedule, Task, Value

type Row = tuple[Any, ...]

PROMISE = "id, state, param, value, tags, timeout_at, created_at, settled_at"
TASK = (
    "id, state, version, timer, ttl, pid, "
    "(SELECT count(*) FROM callbacks WHERE callbacks.awaiter = tasks.id AND ready = 1)"
)
SCHEDULE = "id, cron, promise_id, promise_timeout, promise_param, promise_tags, created_at, next_run_at, last_run_at"
LEASE = 1  # tasks.timer while a worker holds the task
RESEND = 0  # tasks.timer while its message waits to be sent again

decode_value: Callable[[str], Value] = json.Decoder(Value).decode
decode_tags: Callable[[str], dict[str, str]] = json.Decoder(dict[str, str]).decode
_encode = json.Encoder().encode


def encode_json(value: Value | dict[str, str]) -> str:
    """Encode a value for a JSON column."""
    return _encode(value).decode()


def decode_promise(row: Row) -> Promise:
    """Make a promise from a row of PROMISE columns."""
    identity, state, param, value, tags, timeout_at, created_at, settled_at = row
    return Promise(
        id=identity,
        state=state,
        param=decode_value(param),
        value=decode_value(value),
        tags=decode_tags(tags),
        timeout_at=timeout_at,
        created_at=created_at,
        settled_at=settled_at,
    )


def decode_task(row: Row) -> Task:
    """Make a task from a row of TASK columns; pid and ttl are set only while a worker holds it."""
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


def decode_schedule(row: Row) -> Schedule:
    """Make a schedule from a row of SCHEDULE columns."""
    identity, cron, promise_id, timeout, param, tags, created_at, next_run_at, last_run_at = row
    return Schedule(
        id=identity,
        cron=cron,
        promise_id=promise_id,
        promise_timeout=timeout,
        promise_param=decode_value(param),
        promise_tags=decode_tags(tags),
        created_at=created_at,
        next_run_at=next_run_at,
        last_run_at=last_run_at,
    )
