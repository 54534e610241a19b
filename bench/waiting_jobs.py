"""The backlog beside which is measured: jobs that no worker takes, written into the database as the server does."""

import time
from typing import Final

from contract.names import DOCUMENTS_ADDRESS
from durable.wire.requests import TARGET, PromiseCreate, PromiseSettle

from .hosted_server import Deployment, Sql

DAY_MS: Final = 24 * 3_600_000


def analyze_empty_outbox(deployment: Deployment) -> None:
    """Announce some jobs, and analyze the outbox at a moment when it is empty but has had rows."""
    sql = deployment.sql
    sql.execute("ALTER TABLE outgoing_execute SET (autovacuum_enabled = off)")  # so that all runs are alike
    for number in range(100):
        name = f"first/{number}"
        deployment.client.create(make_root(name))
        deployment.client.settle(PromiseSettle(id=name, state="resolved"))
    statistics = "SELECT relpages > 0 AND reltuples = 0 FROM pg_class WHERE relname = 'outgoing_execute'"
    while sql.execute(statistics).fetchone() != (True,):
        if sql.execute("SELECT count(*) FROM outgoing_execute").fetchone() == (0,):
            sql.execute("ANALYZE outgoing_execute")


def add_waiting_jobs(sql: Sql, count: int, *, spread_ms: int) -> None:
    """Insert jobs that no worker takes; their next announcements are spread over the period."""
    values = {"count": count, "now": now_ms(), "end": now_ms() + 30 * DAY_MS, "spread": spread_ms}
    sql.execute(
        """
        INSERT INTO promises (id, tags, param_data, timeout_at, created_at)
        SELECT 'doc/' || n, jsonb_build_object('resonate:target', %(target)s::text, 'resonate:origin', 'doc/' || n,
            'resonate:branch', 'doc/' || n, 'resonate:parent', 'doc/' || n), repeat('x', 500), %(end)s, %(now)s
        FROM generate_series(1, %(count)s) n
        """,
        {**values, "target": DOCUMENTS_ADDRESS},
    )
    of_jobs = "FROM promises WHERE id ^@ 'doc/'"
    sql.execute(f"INSERT INTO promise_timeouts (timeout_at, id) SELECT timeout_at, id {of_jobs}")
    sql.execute(f"INSERT INTO tasks (id) SELECT id {of_jobs}")
    sql.execute(
        f"""
        INSERT INTO task_timeouts (timeout_at, id, ttl)
        SELECT %(now)s + (random() * %(spread)s)::bigint, id, %(spread)s {of_jobs}
        """,
        values,
    )


def make_root(name: str) -> PromiseCreate:
    """Return the request that creates a job."""
    return PromiseCreate(id=name, timeout_at=now_ms() + DAY_MS, tags={TARGET: DOCUMENTS_ADDRESS})


def now_ms() -> int:
    """Return the time as the server counts it."""
    return int(time.time() * 1000)
