"""Searches in pages ordered by id, each along an index: by id, state or tag.

A search with several conditions walks the index of the rarest one and checks the others on each row. So it finds three
pending jobs among a hundred thousand finished ones of the same tag at once.
"""

from dataclasses import dataclass, replace
from itertools import islice
from typing import Self

from durable.wire.requests import PromiseSearch, ScheduleSearch, TaskSearch

from .rows import PROMISE, SCHEDULE, TASK, Row, encode_json
from .transaction import Sql

PAGE_SIZE = 100  # the real server's default
SCHEDULES_PAGE_SIZE = 10  # its default for schedules
MAX_COUNT = 200  # promises counted per condition to find the rarest; walking fewer is cheap anyway
MAX_COMPARED_TAGS = 8  # a search by hundreds of tags need not find the rarest
# One condition for any number of tags: SQLite cannot nest one for each.
HAS_ALL_TAGS = (
    "NOT EXISTS (SELECT 1 FROM json_each(?) AS wanted WHERE NOT EXISTS (SELECT 1 FROM tags AS other "
    "WHERE tag_key = wanted.key AND tag_value = wanted.value AND other.promise_id = promises.id))"
)

type Page = tuple[list[Row], str | None]


@dataclass(frozen=True)
class Condition:
    """One condition of a search, and the index of the promises that meet it."""

    index: str
    where: str
    arguments: tuple[str, ...]

    def count(self, sql: Sql) -> int:
        """Count the promises that meet it, up to MAX_COUNT."""
        some = f"SELECT 1 FROM {self.index} WHERE {self.where} LIMIT {MAX_COUNT}"
        [[count]] = sql(f"SELECT count(*) FROM ({some})", self.arguments)
        return int(count)


@dataclass(frozen=True)
class Walk:
    """A search as SQL: tables, ordering column, and conditions with their arguments."""

    select: str
    where: list[str]
    arguments: list[str]
    identity: str = "id"

    def with_condition(self, condition: str, argument: str) -> Self:
        """Return the walk with one more condition."""
        return replace(self, where=[*self.where, condition], arguments=[*self.arguments, argument])


def _make_state_condition(state: str) -> Condition:
    return Condition("promises INDEXED BY promises_state", "state = ?", (state,))


def _make_tag_condition(key: str, value: str) -> Condition:
    where = "tag_key = ? AND tag_value = ?"
    return Condition("tags", where, (key, value))


def search_promises(sql: Sql, request: PromiseSearch) -> Page:
    """Find promises by state and tags."""
    tags = request.tags or {}
    conditions = [_make_tag_condition(key, value) for key, value in islice(tags.items(), MAX_COMPARED_TAGS)]
    if request.state:
        conditions.append(_make_state_condition(request.state))
    rarest = min(conditions, key=lambda c: c.count(sql)) if len(conditions) > 1 else next(iter(conditions), None)
    walk = _walk_along(rarest)
    if request.state:
        walk = walk.with_condition("state = ?", request.state)
    if len(tags) > 1 or (tags and request.state):
        walk = walk.with_condition(HAS_ALL_TAGS, encode_json(tags))
    return _fetch_page(sql, walk, request.cursor, request.limit or PAGE_SIZE)


def _walk_along(condition: Condition | None) -> Walk:
    if condition is None:
        return Walk(f"SELECT {PROMISE} FROM promises", [], [])
    tables, identity = condition.index, "id"
    if tables == "tags":
        # CROSS JOIN fixes the order of the tables: SQLite must walk the tag's index.
        tables, identity = "tags CROSS JOIN promises ON id = promise_id", "promise_id"
    return Walk(f"SELECT {PROMISE} FROM {tables}", [condition.where], [*condition.arguments], identity)


def search_tasks(sql: Sql, request: TaskSearch) -> Page:
    """Find tasks by state."""
    everything = Walk(f"SELECT {TASK} FROM tasks", [], [])
    by_state = Walk(f"SELECT {TASK} FROM tasks INDEXED BY tasks_state", ["state = ?"], [request.state or ""])
    return _fetch_page(sql, by_state if request.state else everything, request.cursor, request.limit or PAGE_SIZE)


def search_schedules(sql: Sql, request: ScheduleSearch) -> Page:
    """Find schedules by tags, without an index: there are few."""
    tags = request.tags or {}
    has_tag = "EXISTS (SELECT 1 FROM json_each(promise_tags) WHERE key = ? AND value = ?)"
    walk = Walk(
        f"SELECT {SCHEDULE} FROM schedules", [has_tag for _ in tags], [word for tag in tags.items() for word in tag]
    )
    return _fetch_page(sql, walk, request.cursor, request.limit or SCHEDULES_PAGE_SIZE)


def _fetch_page(sql: Sql, walk: Walk, cursor: str | None, limit: int) -> Page:
    """Return one page, and the id of its last row if more rows follow."""
    where, arguments = [*walk.where], [*walk.arguments]
    if cursor is not None:
        where.append(f"{walk.identity} > ?")
        arguments.append(cursor)
    conditions = f" WHERE {' AND '.join(where)}" if where else ""
    # One extra row shows whether more follow.
    rows = sql(f"{walk.select}{conditions} ORDER BY {walk.identity} LIMIT ?", (*arguments, limit + 1)).fetchall()
    return rows[:limit], rows[limit - 1][0] if len(rows) > limit else None
