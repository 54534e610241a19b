"""Trees of promises as the SDK makes them: a root with a task, children, and children that nobody waits for."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import psycopg

from contract.names import DOCUMENTS_ADDRESS
from wire.client import Client
from wire.requests import TARGET, PromiseCreate, PromiseSettle

DAY: Final = 24 * 3600  # seconds
FAR: Final = 10_000_000_000_000  # a deadline, in ms: the year 2286

type Sql = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True)
class Row:
    """One promise as it lies in the database; `settled` in ms, nothing is pending."""

    id: str
    origin: str
    settled: int | None
    target: str | None = None


def now_ms() -> int:
    """The time of day as the server counts it."""
    return int(time.time() * 1000)


def create(client: Client, name: str, *, origin: str | None = None, target: str | None = None) -> None:
    """Create a root, which somebody is asked to run, or a child when an origin is given."""
    tags = {"resonate:origin": origin or name, "resonate:branch": origin or name, "resonate:parent": origin or name}
    if target or not origin:
        tags[TARGET] = target or DOCUMENTS_ADDRESS
    client.create(PromiseCreate(id=name, timeout_at=FAR, tags=tags))


def settle(client: Client, name: str) -> None:
    """Settle it well."""
    client.settle(PromiseSettle(id=name, state="resolved"))


def ids(sql: Sql) -> set[str]:
    """Every promise that there is."""
    return {str(row[0]) for row in sql.execute("SELECT id FROM promises")}


def state_of(sql: Sql, name: str) -> str:
    """The state of a task."""
    row = sql.execute("SELECT state FROM tasks WHERE id = %s", [name]).fetchone()
    return str(row[0]) if row else "none"


def put(sql: Sql, rows: Iterable[Row]) -> None:
    """Lay promises into the database as if they had been there for long."""
    with sql.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO promises (id, state, tags, timeout_at, created_at, settled_at)
            SELECT %(id)s, CASE WHEN %(settled)s::bigint IS NULL THEN 'pending' ELSE 'resolved' END,
                jsonb_strip_nulls(jsonb_build_object('resonate:origin', %(origin)s::text,
                                                     'resonate:target', %(target)s::text)),
                %(far)s, COALESCE(%(settled)s, %(far)s) - 1000, %(settled)s
            """,
            [
                {"id": row.id, "origin": row.origin, "target": row.target, "settled": row.settled, "far": FAR}
                for row in rows
            ],
        )


def put_history(sql: Sql, trees: int, *, settled: int, name: str = "old") -> None:
    """Lay many settled trees of six promises into the database; the n-th was settled n seconds before `settled`."""
    sql.execute(
        """
        INSERT INTO promises (id, state, tags, timeout_at, created_at, settled_at)
        SELECT %(name)s || '/' || tree || CASE WHEN child = 0 THEN '' ELSE ':' || child END, 'resolved',
            jsonb_strip_nulls(jsonb_build_object(
                'resonate:origin', %(name)s || '/' || tree, 'resonate:branch', %(name)s || '/' || tree,
                'resonate:target', CASE WHEN child = 0 THEN %(target)s END)),
            %(far)s, %(settled)s - tree * 1000 - 5, %(settled)s - tree * 1000
        FROM generate_series(1, %(trees)s) tree, generate_series(0, 5) child
        """,
        {"name": name, "trees": trees, "settled": settled, "far": FAR, "target": DOCUMENTS_ADDRESS},
    )


def pages_read(sql: Sql, statement: str, values: dict[str, object]) -> int:
    """How much of the database a statement looks at; it is undone."""
    with sql.transaction(force_rollback=True):
        explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
        row = sql.execute(explain, values).fetchone()
    assert row is not None
    plan = row[0] if isinstance(row[0], list) else json.loads(str(row[0]))
    return int(plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"])
