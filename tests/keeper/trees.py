"""Trees of promises as the SDK creates them: a root with a task, children, and detached children."""

import json
import time
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Final

import psycopg

from contract.names import DOCUMENTS_ADDRESS
from durable.wire.client import Client
from durable.wire.requests import TARGET, PromiseCreate, PromiseSettle

DAY_SECONDS: Final = 24 * 3600
FAR_DEADLINE_MS: Final = 10_000_000_000_000  # in the year 2286

type Sql = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True)
class Row:
    """One promise in the database; `settled` in ms, None if pending."""

    id: str
    origin: str
    settled: int | None
    target: str | None = None


def now_ms() -> int:
    """Return the time of day in the server's unit."""
    return int(time.time() * 1000)


def create(client: Client, name: str, *, origin: str | None = None, target: str | None = None) -> None:
    """Create a root for the workers of a group, or a child if an origin is given."""
    tags = {"resonate:origin": origin or name, "resonate:branch": origin or name, "resonate:parent": origin or name}
    if target or not origin:
        tags[TARGET] = target or DOCUMENTS_ADDRESS
    client.create(PromiseCreate(id=name, timeout_at=FAR_DEADLINE_MS, tags=tags))


def settle(client: Client, name: str) -> None:
    """Resolve the promise."""
    client.settle(PromiseSettle(id=name, state="resolved"))


def ids(sql: Sql) -> set[str]:
    """Return the ids of all promises."""
    return {str(row[0]) for row in sql.execute("SELECT id FROM promises")}


def state_of(sql: Sql, name: str) -> str:
    """Return the state of a task."""
    row = sql.execute("SELECT state FROM tasks WHERE id = %s", [name]).fetchone()
    return str(row[0]) if row else "none"


def insert_rows(sql: Sql, rows: Iterable[Row]) -> None:
    """Insert promises that look old."""
    columns = [list(column) for column in zip(*map(astuple, rows), strict=True)]
    sql.execute(
        """
        INSERT INTO promises (id, state, tags, timeout_at, created_at, settled_at)
        SELECT id, CASE WHEN settled IS NULL THEN 'pending' ELSE 'resolved' END,
            jsonb_strip_nulls(jsonb_build_object('resonate:origin', origin, 'resonate:target', target)),
            %s, COALESCE(settled, %s) - 1000, settled
        FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[]) AS rows (id, origin, settled, target)
        """,
        [FAR_DEADLINE_MS, FAR_DEADLINE_MS, *columns],
    )


def insert_history(sql: Sql, trees: int, *, settled: int, name: str = "old") -> None:
    """Insert settled trees of six promises; the n-th was settled n seconds before `settled`."""
    sql.execute(
        """
        INSERT INTO promises (id, state, tags, timeout_at, created_at, settled_at)
        SELECT %(name)s || '/' || tree || CASE WHEN child = 0 THEN '' ELSE ':' || child END, 'resolved',
            jsonb_strip_nulls(jsonb_build_object(
                'resonate:origin', %(name)s || '/' || tree, 'resonate:branch', %(name)s || '/' || tree,
                'resonate:parent', %(name)s || '/' || tree,
                'resonate:target', CASE WHEN child = 0 THEN %(target)s END)),
            %(far)s, %(settled)s - tree * 1000 - 5, %(settled)s - tree * 1000
        FROM generate_series(1, %(trees)s) tree, generate_series(0, 5) child
        """,
        {"name": name, "trees": trees, "settled": settled, "far": FAR_DEADLINE_MS, "target": DOCUMENTS_ADDRESS},
    )


def count_pages_read(sql: Sql, statement: str, values: dict[str, object]) -> int:
    """Return how many pages of the database a statement reads; its effects are rolled back."""
    with sql.transaction(force_rollback=True):
        explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
        row = sql.execute(explain, values).fetchone()
    assert row is not None
    plan = row[0] if isinstance(row[0], list) else json.loads(str(row[0]))
    return int(plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"])
