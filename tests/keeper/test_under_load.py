"""Under load: nothing pending is deleted, whether Postgres, the server or the keeper is stopped."""

import threading
import time
from pathlib import Path

import psycopg
import pytest

from keeper.settings import DatabaseAddress
from local.logged_process import PROCESS_TIMEOUT
from local.server_process import Options, ServerProcess
from tests.conftest import StartServer
from tests.waiting import wait_until

from .client_load import ClientLoad
from .keeper_process import KeeperProcess, keeper_environment
from .kept_server import ServerOnPostgres
from .postgres import Postgres, connect
from .task_runs import clean_history, clean_history_until, create_indexes
from .trees import DAY_SECONDS, Sql, ids, insert_history, now_ms

UNAVAILABLE = "database unavailable; retrying"
AVAILABLE_AGAIN = "database available again"


def root_ids(sql: Sql, state: str) -> set[str]:
    rows = sql.execute("SELECT id FROM promises WHERE state = %s AND id = COALESCE(origin, id)", [state])
    return {str(row[0]) for row in rows}


def test_without_retention_exactly_the_settled_trees_are_deleted(
    server: ServerProcess, sql: Sql, database: DatabaseAddress
) -> None:
    """The hardest case: the keeper deletes right behind the clients."""
    create_indexes(database)
    finished = threading.Event()
    cleaner = threading.Thread(target=clean_history_until, args=(database, finished), kwargs={"page_size": 20})
    with ClientLoad(server.url, pause=0.03) as load:
        cleaner.start()
        wait_until(lambda: load.finished > 90, "90 jobs are finished", timeout=60)
    finished.set()
    cleaner.join()
    clean_history(database, now=time.time() + 1, retention=0)
    assert load.wrong == []
    assert ids(sql) == load.pending


@pytest.fixture
def keeper(
    database: DatabaseAddress, server: ServerProcess, server_on_postgres: ServerOnPostgres, tmp_path: Path
) -> KeeperProcess:
    """A keeper process beside the server, with a retention of one day."""
    return KeeperProcess(
        tmp_path,
        keeper_environment(database, METRICS_URL=server_on_postgres.metrics_url, READY_URL=f"{server.url}/ready"),
    )


def test_the_keeper_survives_a_crash_of_postgres(
    keeper: KeeperProcess, server: ServerProcess, postgres: Postgres, sql: Sql, database: DatabaseAddress
) -> None:
    """Old trees are deleted before and after; no confirmed job is lost; the outage is logged once."""
    insert_history(sql, 200, settled=now_ms() - 2 * DAY_SECONDS * 1000)
    with keeper, ClientLoad(server.url) as load:
        wait_until(lambda: keeper.find_lines("old history deleted"), "old history is deleted")
        wait_until(lambda: load.finished > 10, "jobs are finished")
        postgres.kill()
        keeper.wait_for(UNAVAILABLE)
        wait_until(lambda: keeper.gauges("ServerReady")[-1] == 0, "the server is published as not ready")
        counted = len(keeper.gauges("TasksDue"))
        postgres.start()
        keeper.wait_for(AVAILABLE_AGAIN)
        done = load.finished
        wait_until(lambda: load.finished > done + 10, "jobs are finished again", timeout=60)
        wait_until(lambda: len(keeper.gauges("TasksDue")) > counted, "jobs are counted again")
        with connect(database) as again:
            insert_history(again, 50, settled=now_ms() - 3 * DAY_SECONDS * 1000, name="older")
            wait_until(
                lambda: not any(name.startswith("old") for name in ids(again)), "old trees are deleted", timeout=60
            )
        assert [len(keeper.find_lines(message)) for message in (UNAVAILABLE, AVAILABLE_AGAIN)] == [1, 1]
        assert keeper.stop() == 0
    with connect(database) as after:
        assert load.wrong == []
        assert root_ids(after, "pending") == {name for name in load.pending if ":" not in name}
        assert len(root_ids(after, "resolved")) == load.finished


def test_the_keeper_survives_a_crash_of_the_server(
    keeper: KeeperProcess,
    server: ServerProcess,
    sql: Sql,
    server_on_postgres: ServerOnPostgres,
    start_server: StartServer,
) -> None:
    """Its gauges show when the server was down."""
    with keeper, ClientLoad(server.url) as load:
        wait_until(lambda: keeper.gauges("ServerReady")[-1:] == [1], "the server is published as ready")
        server.kill()
        wait_until(lambda: keeper.gauges("ServerReady")[-1] == 0, "the server is published as not ready")
        start_server(server_on_postgres, options=Options(), port=server.port)
        wait_until(lambda: keeper.gauges("ServerReady")[-1] == 1, "the server is published as ready again")
        done = load.finished
        wait_until(lambda: load.finished > done + 10, "jobs are finished again", timeout=60)
        wait_until(lambda: keeper.gauges("ServerRequests")[-1] > 0, "requests are counted again")
        assert keeper.stop() == 0
    assert load.wrong == []
    assert load.pending <= ids(sql)


def test_stopping_the_keeper_during_a_delete_deletes_nothing(keeper: KeeperProcess, sql: Sql) -> None:
    """Each promise takes a minute to delete here: the statement is canceled."""
    slow = (
        "CREATE FUNCTION delay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN OLD; END $$"
    )
    sql.execute(slow)
    sql.execute("CREATE TRIGGER delay AFTER DELETE ON promises FOR EACH ROW EXECUTE FUNCTION delay()")
    insert_history(sql, 10, settled=now_ms() - 2 * DAY_SECONDS * 1000)
    everything = ids(sql)
    with keeper:
        wait_until(lambda: is_deleting(sql), "the keeper is deleting")
        assert keeper.stop() == 0
        wait_until(lambda: not is_deleting(sql), "the statement is over")
        assert keeper.lines()[-1].get("level") != "error"
    assert ids(sql) == everything


def is_deleting(sql: psycopg.Connection[tuple[object, ...]]) -> bool:
    running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep'"
    return sql.execute(running).fetchone() != (0,)


def test_a_refused_password_is_logged_once_and_retried(database: DatabaseAddress, tmp_path: Path) -> None:
    """An operator may correct it in the database. The keeper keeps running, and never logs the password."""
    with KeeperProcess(tmp_path, keeper_environment(database, DB_PASSWORD="not-the-word")) as keeper:  # noqa: S106
        keeper.wait_for(UNAVAILABLE)
        wait_until(lambda: len(keeper.gauges("ServerReady")) > 2, "three intervals")
        assert keeper.process.poll() is None
        (line,) = keeper.find_lines(UNAVAILABLE)
        assert "password authentication failed" in line["reason"]
        assert "not-the-word" not in str(keeper.lines())
        assert keeper.stop() == 0


def test_an_unknown_schema_ends_the_keeper_with_an_error(sql: Sql, database: DatabaseAddress, tmp_path: Path) -> None:
    """A new server with another schema is no outage: retries would hide it."""
    sql.execute("ALTER TABLE promises RENAME COLUMN origin TO source")
    with KeeperProcess(tmp_path, keeper_environment(database)) as keeper:
        assert keeper.process.wait(PROCESS_TIMEOUT) == 1
        (line,) = keeper.find_lines("the keeper ends after an unexpected error")
        assert "UndefinedColumn" in line["traceback"]
        assert database.password not in str(keeper.lines())


def test_a_failed_keeper_stays_alive_for_its_minimum_lifetime(
    sql: Sql, database: DatabaseAddress, tmp_path: Path
) -> None:
    """It has logged the error. SIGTERM ends it at once with exit code 0."""
    sql.execute("ALTER TABLE promises RENAME COLUMN origin TO source")
    with KeeperProcess(tmp_path, keeper_environment(database, MIN_LIFETIME_SECONDS="600")) as keeper:
        keeper.wait_for("the keeper ends after an unexpected error")
        assert keeper.process.poll() is None
        assert keeper.stop() == 0
    began = time.monotonic()
    with KeeperProcess(tmp_path, keeper_environment(database, MIN_LIFETIME_SECONDS="3")) as keeper:
        assert keeper.process.wait(PROCESS_TIMEOUT) == 1
    assert time.monotonic() - began > 3
