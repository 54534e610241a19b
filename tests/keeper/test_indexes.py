"""The indexes that the server's schema lacks are there once the keeper has started, whatever happened before."""

from pathlib import Path

import pytest

from keeper.indexes import INDEXES
from keeper.settings import Address
from local.server_process import Options
from tests.conftest import StartServer
from tests.waiting import wait_until

from .conftest import OnPostgres
from .keeping import Keeper, environ
from .postgres import connect
from .sweeping import make_indexes
from .trees import Sql, now_ms, put_history

WHOLE = "SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indisvalid AND relname LIKE 'keeper%'"
KEEPERS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'keeper' AND datname = current_database()"
BROKEN = WHOLE.replace("indisvalid", "NOT indisvalid")


def names(sql: Sql, statement: str = WHOLE) -> set[str]:
    return {str(row[0]) for row in sql.execute(statement)}


def test_they_are_made_once_and_making_them_again_changes_nothing(sql: Sql, database: Address) -> None:
    make_indexes(database)
    before = sql.execute("SELECT oid FROM pg_class WHERE relname LIKE 'keeper%' ORDER BY oid").fetchall()
    make_indexes(database)
    assert names(sql) == set(INDEXES)
    assert sql.execute("SELECT oid FROM pg_class WHERE relname LIKE 'keeper%' ORDER BY oid").fetchall() == before


def test_a_search_by_tags_goes_by_the_index(sql: Sql, database: Address) -> None:
    """The condition is the server's own."""
    put_history(sql, 2_000, settled=now_ms())
    make_indexes(database)
    sql.execute("ANALYZE promises")
    search = """EXPLAIN SELECT id FROM promises WHERE tags @> '{"resonate:origin": "old/7"}'::jsonb"""
    assert "keeper_tags" in str(sql.execute(search).fetchall())


def test_the_keeper_waits_for_the_tables_of_the_server(
    database: Address, engine_on_postgres: OnPostgres, start_server: StartServer, tmp_path: Path
) -> None:
    """In a new task both start at once, on an empty database."""
    with Keeper(tmp_path, environ(database)) as keeper:
        keeper.wait_for("the database is away; trying until it is back")
        start_server(engine_on_postgres, options=Options())
        with connect(database) as sql:
            wait_until(lambda: names(sql) == set(INDEXES), "all indexes are there")
        keeper.wait_for("the database is back")
        assert keeper.end() == 0
        assert len(keeper.said("the database is away; trying until it is back")) == 1


def test_an_index_that_was_broken_off_is_made_anew(sql: Sql, database: Address, tmp_path: Path) -> None:
    """A transaction that is older than the index holds it up; there the database's side of the keeper dies with it."""
    with connect(database) as old:
        old.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT 1 FROM promises").fetchall()
        with Keeper(tmp_path, environ(database)):
            wait_until(lambda: names(sql, BROKEN), "an index is half made")
        sql.execute(f"SELECT pg_terminate_backend(pid) FROM ({KEEPERS}) keepers")  # noqa: S608 our own words
        wait_until(lambda: is_alone(sql), "nothing goes on in the database")
        assert names(sql, BROKEN)
    make_indexes(database)
    assert (names(sql), names(sql, BROKEN)) == (set(INDEXES), set())


def is_alone(sql: Sql) -> bool:
    return sql.execute(KEEPERS).fetchall() == []


def test_told_to_stop_while_it_makes_an_index_the_keeper_stops(sql: Sql, database: Address, tmp_path: Path) -> None:
    with connect(database) as old, Keeper(tmp_path, environ(database)) as keeper:
        old.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT 1 FROM promises").fetchall()
        wait_until(lambda: names(sql, BROKEN), "an index is half made")
        assert keeper.end() == 0
        wait_until(lambda: is_alone(sql), "nothing goes on in the database")
        assert names(sql, BROKEN), "it was not waited for"


def test_two_keepers_make_them_together(sql: Sql, database: Address, tmp_path: Path) -> None:
    """While one of them is held up the other neither takes its work for broken nor waits in its way."""
    first, second = tmp_path / "first", tmp_path / "second"
    with connect(database) as old:
        old.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT 1 FROM promises").fetchall()
        first.mkdir()
        second.mkdir()
        with Keeper(first, environ(database)) as one, Keeper(second, environ(database)) as other:
            wait_until(lambda: names(sql, BROKEN), "an index is half made")
            wait_until(lambda: other.gauges("TasksDue") and one.gauges("TasksDue"), "both are at work")
            made_by = [keeper for keeper in (one, other) if keeper.said("making an index")]
            assert len(made_by) == 1
            old.execute("ROLLBACK")
            wait_until(lambda: names(sql) == set(INDEXES), "all indexes are there")
            assert [one.process.poll(), other.process.poll()] == [None, None]


@pytest.mark.parametrize("name", INDEXES)
def test_each_has_a_name_that_says_whose_it_is(name: str) -> None:
    assert name.startswith("keeper_")
