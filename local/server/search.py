"""Pages of a search, in the order of ids, each walked along an index: by id, by state, by tag.

A search by several conditions walks the one that the fewest promises meet and checks the rest on each of these, so
that three pending jobs among a hundred thousand finished ones of the same tag are found at once.
"""

from dataclasses import dataclass, replace
from itertools import islice
from typing import Self

from wire.requests import PromiseSearch, ScheduleSearch, TaskSearch

from .rows import PROMISE, SCHEDULE, TASK, Row, text_of
from .turn import Sql

PAGE = 100  # the real server's default
SCHEDULES_PAGE = 10  # its default for schedules
COUNTED = 200  # how far promises are counted to find the rarest condition: a walk through fewer costs nothing
COMPARED = 8  # tags; a search by hundreds need not find the rarest of them
# One test for any number of tags: one each would be more than SQLite can nest.
HAS_ALL_TAGS = (
    "NOT EXISTS (SELECT 1 FROM json_each(?) AS wanted WHERE NOT EXISTS (SELECT 1 FROM tags AS other "
    "WHERE tag_key = wanted.key AND tag_value = wanted.value AND other.promise_id = promises.id))"
)

type Page = tuple[list[Row], str | None]


@dataclass(frozen=True)
class Condition:
    """One condition of a search: the index that lists who meets it."""

    index: str
    listed: str
    arguments: tuple[str, ...]

    def rarity(self, sql: Sql) -> int:
        """How many promises meet it, counted up to COUNTED."""
        some = f"SELECT 1 FROM {self.index} WHERE {self.listed} LIMIT {COUNTED}"
        [[count]] = sql(f"SELECT count(*) FROM ({some})", self.arguments)
        return int(count)


@dataclass(frozen=True)
class Walk:
    """A search as SQL: the tables with the column that orders it, and the conditions with their arguments."""

    select: str
    where: list[str]
    arguments: list[str]
    identity: str = "id"

    def also(self, condition: str, argument: str) -> Self:
        """The same walk, on which each promise must meet one more condition."""
        return replace(self, where=[*self.where, condition], arguments=[*self.arguments, argument])


def _state(state: str) -> Condition:
    return Condition("promises INDEXED BY promises_state", "state = ?", (state,))


def _tag(key: str, value: str) -> Condition:
    listed = "tag_key = ? AND tag_value = ?"
    return Condition("tags", listed, (key, value))


def search_promises(sql: Sql, request: PromiseSearch) -> Page:
    """Find promises by state and tags."""
    tags = request.tags or {}
    conditions = [_tag(key, value) for key, value in islice(tags.items(), COMPARED)]
    if request.state:
        conditions.append(_state(request.state))
    rarest = min(conditions, key=lambda c: c.rarity(sql)) if len(conditions) > 1 else next(iter(conditions), None)
    walk = _walk_along(rarest)
    if request.state:
        walk = walk.also("state = ?", request.state)
    if len(tags) > 1 or (tags and request.state):
        walk = walk.also(HAS_ALL_TAGS, text_of(tags))
    return _page(sql, walk, request.cursor, request.limit or PAGE)


def _walk_along(condition: Condition | None) -> Walk:
    if condition is None:
        return Walk(f"SELECT {PROMISE} FROM promises", [], [])
    tables, identity = condition.index, "id"
    if tables == "tags":
        # CROSS JOIN keeps the order of the tables: the walk is along the tag.
        tables, identity = "tags CROSS JOIN promises ON id = promise_id", "promise_id"
    return Walk(f"SELECT {PROMISE} FROM {tables}", [condition.listed], [*condition.arguments], identity)


def search_tasks(sql: Sql, request: TaskSearch) -> Page:
    """Find tasks by state."""
    everything = Walk(f"SELECT {TASK} FROM tasks", [], [])
    by_state = Walk(f"SELECT {TASK} FROM tasks INDEXED BY tasks_state", ["state = ?"], [request.state or ""])
    return _page(sql, by_state if request.state else everything, request.cursor, request.limit or PAGE)


def search_schedules(sql: Sql, request: ScheduleSearch) -> Page:
    """Find schedules by tags; they are few, so each is looked at."""
    tags = request.tags or {}
    has_tag = "EXISTS (SELECT 1 FROM json_each(promise_tags) WHERE key = ? AND value = ?)"
    walk = Walk(
        f"SELECT {SCHEDULE} FROM schedules", [has_tag for _ in tags], [word for tag in tags.items() for word in tag]
    )
    return _page(sql, walk, request.cursor, request.limit or SCHEDULES_PAGE)


def _page(sql: Sql, walk: Walk, cursor: str | None, limit: int) -> Page:
    """One page and, when more follow, the id to go on after."""
    where, arguments = [*walk.where], [*walk.arguments]
    if cursor is not None:
        where.append(f"{walk.identity} > ?")
        arguments.append(cursor)
    conditions = f" WHERE {' AND '.join(where)}" if where else ""
    # One more than asked for tells whether there is more.
    rows = sql(f"{walk.select}{conditions} ORDER BY {walk.identity} LIMIT ?", (*arguments, limit + 1)).fetchall()
    return rows[:limit], rows[limit - 1][0] if len(rows) > limit else None
