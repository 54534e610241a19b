"""After the keeper's start its indexes exist and are valid, even after an interrupted build."""

import json
from pathlib import Path

import pytest

from keeper.indexes import INDEXES
from keeper.settings import DatabaseAddress
from local.server_process import Options
from tests.conftest import StartServer
from tests.waiting import wait_until

from .keeper_process import KeeperProcess, keeper_environment
from .kept_server import ServerOnPostgres
from .postgres import connect
from .task_runs import create_indexes
from .trees import Sql, insert_history, now_ms

VALID_INDEXES = (
    "SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indisvalid AND relname LIKE 'keeper%'"
)
KEEPER_SESSIONS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'keeper' AND datname = current_database()"
INVALID_INDEXES = VALID_INDEXES.replace("indisvalid", "NOT indisvalid")


def index_names(sql: Sql, statement: str = VALID_INDEXES) -> set[str]:
    return {str(row[0]) for row in sql.execute(statement)}


def test_creating_the_indexes_again_changes_nothing(sql: Sql, database: DatabaseAddress) -> None:
    create_indexes(database)
    before = sql.execute("SELECT oid FROM pg_class WHERE relname LIKE 'keeper%' ORDER BY oid").fetchall()
    create_indexes(database)
    assert index_names(sql) == set(INDEXES)
    assert sql.execute("SELECT oid FROM pg_class WHERE relname LIKE 'keeper%' ORDER BY oid").fetchall() == before


@pytest.mark.parametrize("tag", ["resonate:origin", "resonate:parent"])
def test_a_search_by_tags_uses_the_index(sql: Sql, database: DatabaseAddress, tag: str) -> None:
    """The condition is that of the server. A resumed job searches for the calls of its scopes by their parent."""
    insert_history(sql, 2_000, settled=now_ms())
    create_indexes(database)
    sql.execute("ANALYZE promises")
    search = "EXPLAIN SELECT id FROM promises WHERE tags @> %s::jsonb"
    assert "keeper_tags" in str(sql.execute(search, [json.dumps({tag: "old/7"})]).fetchall())


def test_the_keeper_waits_for_the_servers_tables(
    server_without_tables: ServerOnPostgres, start_server: StartServer, tmp_path: Path
) -> None:
    """In a new task both start at the same time, on an empty database."""
    database = server_without_tables.database
    with KeeperProcess(tmp_path, keeper_environment(database)) as keeper:
        keeper.wait_for("database unavailable; retrying")
        start_server(server_without_tables, options=Options())
        with connect(database) as sql:
            wait_until(lambda: index_names(sql) == set(INDEXES), "all indexes exist")
        keeper.wait_for("database available again")
        assert keeper.stop() == 0
        # One line for each outage, however often it tried: a server that makes its tables may look ready in between.
        began, ended = (keeper.find_lines(f"database {word}") for word in ("unavailable; retrying", "available again"))
        assert len(began) == len(ended)


def test_an_index_whose_build_was_interrupted_is_rebuilt(sql: Sql, database: DatabaseAddress, tmp_path: Path) -> None:
    """An older transaction blocks the build, and the keeper's session ends meanwhile."""
    with connect(database) as old:
        old.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT 1 FROM promises").fetchall()
        with KeeperProcess(tmp_path, keeper_environment(database)):
            wait_until(lambda: index_names(sql, INVALID_INDEXES), "an index is being built")
        sql.execute(f"SELECT pg_terminate_backend(pid) FROM ({KEEPER_SESSIONS}) keepers")  # noqa: S608 our own constant
        wait_until(lambda: has_no_keeper(sql), "the keeper has no session")
        assert index_names(sql, INVALID_INDEXES)
    create_indexes(database)
    assert (index_names(sql), index_names(sql, INVALID_INDEXES)) == (set(INDEXES), set())


def has_no_keeper(sql: Sql) -> bool:
    return sql.execute(KEEPER_SESSIONS).fetchall() == []


def test_the_keeper_stops_while_it_builds_an_index(sql: Sql, database: DatabaseAddress, tmp_path: Path) -> None:
    with connect(database) as old, KeeperProcess(tmp_path, keeper_environment(database)) as keeper:
        old.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT 1 FROM promises").fetchall()
        wait_until(lambda: index_names(sql, INVALID_INDEXES), "an index is being built")
        assert keeper.stop() == 0
        wait_until(lambda: has_no_keeper(sql), "the keeper has no session")
        assert index_names(sql, INVALID_INDEXES), "the keeper has not waited for the build"


def test_two_keepers_build_the_indexes_once(sql: Sql, database: DatabaseAddress, tmp_path: Path) -> None:
    """While the build of one is blocked, the other neither drops the index nor blocks the build."""
    first, second = tmp_path / "first", tmp_path / "second"
    with connect(database) as old:
        old.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT 1 FROM promises").fetchall()
        first.mkdir()
        second.mkdir()
        with (
            KeeperProcess(first, keeper_environment(database)) as one,
            KeeperProcess(second, keeper_environment(database)) as other,
        ):
            wait_until(lambda: index_names(sql, INVALID_INDEXES), "an index is being built")
            wait_until(lambda: other.gauges("TasksDue") and one.gauges("TasksDue"), "both publish gauges")
            builders = [keeper for keeper in (one, other) if keeper.find_lines("creating an index")]
            assert len(builders) == 1
            old.execute("ROLLBACK")
            wait_until(lambda: index_names(sql) == set(INDEXES), "all indexes exist")
            assert [one.process.poll(), other.process.poll()] == [None, None]


@pytest.mark.parametrize("name", INDEXES)
def test_every_index_name_begins_with_keeper(name: str) -> None:
    assert name.startswith("keeper_")
