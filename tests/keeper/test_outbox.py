"""The outbox stays quick: Postgres expects rows in it, also after it was analyzed while it was empty."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from keeper.database import Database
from keeper.errors import UnavailableError
from keeper.outbox import ROWS, OutboxStatistics
from keeper.settings import DatabaseAddress
from local.server_process import ServerProcess

from .keeper_process import KeeperProcess, keeper_environment
from .published_gauges import PublishedGauges, find_value
from .task_runs import run_on_database
from .test_gauges import insert_tasks
from .trees import Sql

# What the server runs every ten milliseconds (`take_outgoing` in its persistence_postgres.rs).
TAKE_BATCH: Final = """
    WITH batch AS (
        DELETE FROM outgoing_execute WHERE id IN (SELECT id FROM outgoing_execute LIMIT 100)
        RETURNING id, version, address
    ) SELECT * FROM batch
"""
MESSAGES: Final = 3_000


@pytest.fixture
def outbox(server: ServerProcess, sql: Sql) -> Sql:
    """An outbox of a stopped server, analyzed when it was empty but had had rows."""
    server.kill()
    sql.execute("ALTER TABLE outgoing_execute SET (autovacuum_enabled = false)")
    insert_tasks(sql, "pending", MESSAGES)
    add_messages(sql, MESSAGES)
    sql.execute("DELETE FROM outgoing_execute")
    sql.execute("ANALYZE outgoing_execute")
    return sql


def add_messages(sql: Sql, count: int) -> None:
    sql.execute(
        "INSERT INTO outgoing_execute SELECT id, 0, 'poll://any@none' FROM tasks ORDER BY id LIMIT %s"
        " ON CONFLICT DO NOTHING",
        [count],
    )


def correct(database: DatabaseAddress) -> None:
    async def work(connection: Database) -> None:
        await OutboxStatistics(connection, interval=1).run()

    run_on_database(database, work)


def read_statistics(sql: Sql) -> float:
    row = sql.execute("SELECT reltuples FROM pg_class WHERE oid = 'outgoing_execute'::regclass").fetchone()
    assert row is not None
    return float(str(row[0]))


def count_comparisons(sql: Sql) -> int:
    """Return how many pairs of rows a batch compares in vain; its effects are rolled back."""
    with sql.transaction(force_rollback=True):
        row = sql.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {TAKE_BATCH}").fetchone()
    assert row is not None
    plan = row[0] if isinstance(row[0], list) else json.loads(str(row[0]))
    return sum_of(plan[0]["Plan"], "Rows Removed by Join Filter")


def sum_of(node: dict[str, Any], key: str) -> int:
    return int(node.get(key, 0)) + sum(sum_of(child, key) for child in node.get("Plans", ()))


def test_postgres_never_expects_an_empty_outbox(outbox: Sql, database: DatabaseAddress) -> None:
    """Otherwise each batch compares all rows with all of the batch, and announcements stop."""
    with outbox.transaction(force_rollback=True):
        add_messages(outbox, MESSAGES)
        assert count_comparisons(outbox) > 50 * MESSAGES, "the trap"
    correct(database)
    assert read_statistics(outbox) == ROWS
    assert outbox.execute("SELECT count(*) FROM outgoing_execute").fetchone() == (0,), "no row was ever there"
    add_messages(outbox, MESSAGES)
    assert count_comparisons(outbox) == 0


def test_statistics_of_a_full_outbox_are_left_alone(outbox: Sql, database: DatabaseAddress) -> None:
    add_messages(outbox, MESSAGES)
    outbox.execute("ANALYZE outgoing_execute")
    correct(database)
    assert read_statistics(outbox) == MESSAGES


def test_a_server_with_few_tasks_needs_no_statistics(outbox: Sql, database: DatabaseAddress) -> None:
    """Its outbox is short, and the keeper would correct them again in each round."""
    outbox.execute("DELETE FROM tasks WHERE id NOT IN (SELECT id FROM tasks LIMIT 100)")
    correct(database)
    assert read_statistics(outbox) == 0


def test_a_database_without_the_servers_tables_is_waited_for(empty_database: DatabaseAddress) -> None:
    with pytest.raises(UnavailableError):
        correct(empty_database)


def test_the_keeper_corrects_statistics_and_publishes_the_outbox(
    outbox: Sql, database: DatabaseAddress, tmp_path: Path
) -> None:
    with KeeperProcess(tmp_path, keeper_environment(database)) as keeper:
        keeper.wait_for("statistics of the outbox corrected")
    add_messages(outbox, MESSAGES)
    assert find_value(PublishedGauges(database).publish(), "OutboxMessages") == MESSAGES
