"""What the server keeps and shows: promises, tasks, schedules. Unknown fields are ignored: records outlive versions."""

from msgspec import Struct

from .fields import PromiseState, TaskState


class Record(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A value of the protocol: camelCase on the wire, and what is absent is left out."""


class Value(Record, frozen=True):
    """A payload: `data` is base64 of whatever the two sides agree on; the server never looks inside."""

    headers: dict[str, str] | None = None
    data: str | None = None


class Promise(Record, frozen=True):
    """A durable promise; `settled_at` is there once it is no longer pending."""

    id: str
    state: PromiseState
    param: Value
    value: Value
    tags: dict[str, str]
    timeout_at: int
    created_at: int
    settled_at: int | None = None


class Task(Record, frozen=True):
    """The right to run a promise's function; `pid` and `ttl` are there while somebody holds it."""

    id: str
    state: TaskState
    version: int
    resumes: int
    pid: str | None = None
    ttl: int | None = None


class Schedule(Record, frozen=True):
    """A cron rule that creates a promise at each firing."""

    id: str
    cron: str
    promise_id: str
    promise_timeout: int
    promise_param: Value
    promise_tags: dict[str, str]
    created_at: int
    next_run_at: int
    last_run_at: int | None = None
