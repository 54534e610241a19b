"""A rule's input: the open transaction, the memory and the time; and its answer."""

import sqlite3
from collections.abc import Callable
from typing import NamedTuple, Self

from msgspec import Struct
from msgspec.structs import replace

from .memory.memory import Memory

type Sql = Callable[..., sqlite3.Cursor]


class Transaction(Struct, frozen=True):
    """An open transaction at one moment. Times in milliseconds."""

    sql: Sql
    memory: Memory
    now: int
    retry_timeout: int
    corr_id: str = ""

    def at(self, time: int) -> Self:
        """Return the same transaction at another time."""
        return replace(self, now=time)


class Answer(NamedTuple):
    """A rule's answer. A refusal is returned and not raised, so that the timeouts processed before it are kept."""

    status: int
    data: Struct | str | list[object]


def ok(data: Struct) -> Answer:
    """Return a success."""
    return Answer(200, data)


def bad_request(sentence: str) -> Answer:
    """Refuse an invalid request."""
    return Answer(400, sentence)


def not_found(sentence: str) -> Answer:
    """Refuse a request whose subject does not exist."""
    return Answer(404, sentence)


def conflict(sentence: str) -> Answer:
    """Refuse a request that the subject's state does not allow."""
    return Answer(409, sentence)


def unprocessable(sentence: str) -> Answer:
    """Refuse a request that refers to an unsuitable promise."""
    return Answer(422, sentence)
