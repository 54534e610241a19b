"""Converts between table rows and the protocol's records.

Most promises are read only to be sent in an answer. Their payloads and tags are JSON in their rows, so that the whole
promise is written as JSON around them, and nothing is decoded.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec import Raw, json

from durable.wire.records import Promise, Schedule, Task, Value

type Row = tuple[Any, ...]

PROMISE = "id, state, param, value, tags, timeout_at, created_at, settled_at, target, branch"
TASK = (
    "id, state, version, timer, ttl, pid, "
    "(SELECT count(*) FROM callbacks WHERE callbacks.awaiter = tasks.id AND ready = 1)"
)
SCHEDULE = "id, cron, promise_id, promise_timeout, promise_param, promise_tags, created_at, next_run_at, last_run_at"
LEASE = 1  # tasks.timer while a worker holds the task
RESEND = 0  # tasks.timer while its message waits to be sent again

NO_VALUE = "{}"  # the column of a promise without a value

decode_value: Callable[[str], Value] = json.Decoder(Value).decode
decode_tags: Callable[[str], dict[str, str]] = json.Decoder(dict[str, str]).decode
_decode_promise: Callable[[Raw], Promise] = json.Decoder(Promise).decode
_encode = json.Encoder().encode


class StoredPromise(NamedTuple):
    """What the rules need of a promise, and the whole promise as JSON."""

    id: str
    state: str
    target: str | None
    branch: str | None
    json: Raw


def encode_json(value: Value | dict[str, str]) -> str:
    """Encode a value for a JSON column."""
    return _encode(value).decode()


def read_promise(row: Row) -> StoredPromise:
    """Read a row of PROMISE columns."""
    identity, state, param, value, tags, timeout_at, created_at, settled_at, target, branch = row
    settled = "" if settled_at is None else f',"settledAt":{settled_at}'
    text = (
        f'{{"id":{_encode(identity).decode()},"state":"{state}","param":{param},"value":{value},"tags":{tags},'
        f'"timeoutAt":{timeout_at},"createdAt":{created_at}{settled}}}'
    )
    return StoredPromise(identity, state, target, branch, Raw(text))


def decode_promise(row: Row) -> Promise:
    """Make a promise from a row of PROMISE columns."""
    return _decode_promise(read_promise(row).json)


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
