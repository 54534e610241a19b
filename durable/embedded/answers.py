"""Answers with promises as this server has them, as JSON; their types for clients are in durable/wire/answers.py."""

from collections.abc import Iterable

from msgspec import Raw

from durable.wire.answers import InnerHead
from durable.wire.records import Record, Task

from .rows import StoredPromise


class PromiseAnswer(Record, frozen=True):
    """The requested promise."""

    promise: Raw


class PromisesAnswer(Record, frozen=True):
    """A page of a search; it has a cursor when more pages follow."""

    promises: Raw
    cursor: str | None = None


class AcquiredTaskAnswer(Record, frozen=True):
    """A task with its promise, and the promises of its branch."""

    task: Task
    promise: Raw
    preload: Raw


class PreloadAnswer(Record, frozen=True):
    """The promises of the task's branch."""

    preload: Raw


class InnerAnswer(Record, frozen=True):
    """The answer to the action under a fence."""

    kind: str
    head: InnerHead
    data: PromiseAnswer | str


class FenceAnswer(Record, frozen=True):
    """The nested answer, and the promises of the task's branch."""

    action: InnerAnswer
    preload: Raw


def make_promise_answer(promise: StoredPromise) -> PromiseAnswer:
    """Answer one promise."""
    return PromiseAnswer(promise=Raw(promise.json))


def make_list(promises: Iterable[str]) -> Raw:
    """Make one JSON array of promises."""
    return Raw(f"[{','.join(promises)}]")
