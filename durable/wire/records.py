"""What the server stores: promises, tasks, schedules. Unknown fields are ignored, because records outlive versions."""

from base64 import b64decode, b64encode
from json import loads
from typing import Any, Self

from msgspec import Struct, json

from .fields import PromiseState, TaskState


class Record(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A value of the protocol: camelCase on the wire, and fields without a value are omitted."""


class Value(Record, frozen=True):
    """A payload: `data` is base64 of JSON, which the server never reads."""

    headers: dict[str, str] | None = None
    data: str | None = None

    @classmethod
    def encode(cls, content: object) -> Self:
        """Encode JSON values, dataclasses, structs and pydantic models, as the SDK does."""
        return cls(data=b64encode(json.encode(content, enc_hook=_dump_model)).decode())

    def decode(self) -> Any:  # noqa: ANN401 - any JSON
        """Return the JSON inside; None if there is none. Raises ValueError or RecursionError if it is not JSON."""
        return loads(b64decode(self.data, validate=True)) if self.data else None


class Promise(Record, frozen=True):
    """A durable promise; it has `settled_at` once it is no longer pending."""

    id: str
    state: PromiseState
    param: Value
    value: Value
    tags: dict[str, str]
    timeout_at: int
    created_at: int
    settled_at: int | None = None


class Task(Record, frozen=True):
    """The right to run a promise's function; it has `pid` and `ttl` while a worker holds it."""

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


def error_text(value: object) -> str | None:
    """Return the text of the error that a promise was rejected with, given its decoded value."""
    text = value.get("message") if isinstance(value, dict) else None
    return text if isinstance(text, str) else None


def _dump_model(value: object) -> object:
    if (dump := getattr(value, "model_dump", None)) is None:
        raise TypeError(f"{type(value).__name__} cannot be written as JSON")
    return dump(mode="json")
