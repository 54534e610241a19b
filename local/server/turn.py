"""One request's view of the server: the database in an open transaction, the outbox, and the time it happens at."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from msgspec import Struct

from .outbox import Outbox

type Sql = Callable[..., sqlite3.Cursor]


@dataclass(frozen=True, slots=True)
class Turn:
    """What a rule may look at and change. Times in milliseconds."""

    sql: Sql
    outbox: Outbox
    now: int
    retry_timeout: int
    corr_id: str = ""

    def at(self, time: int) -> Self:
        """The same turn at another time."""
        return replace(self, now=time)


class Answer(NamedTuple):
    """What a rule answers. A refusal is returned, not raised: what timed out on the way to it stays timed out."""

    status: int
    data: Struct | str | list[object]


def ok(data: Struct) -> Answer:
    """Success: whatever it was, it is 200."""
    return Answer(200, data)


def bad(sentence: str) -> Answer:
    """The request makes no sense."""
    return Answer(400, sentence)


def missing(sentence: str) -> Answer:
    """What the request is about is not there."""
    return Answer(404, sentence)


def conflict(sentence: str) -> Answer:
    """It is there, but not in a state that allows the request."""
    return Answer(409, sentence)


def unfit(sentence: str) -> Answer:
    """What the request refers to does not fit it."""
    return Answer(422, sentence)
