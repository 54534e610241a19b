"""While jobs come and go: nothing pending is ever deleted, whoever is killed, and the server is not in the way."""

import threading
import time
from pathlib import Path

import psycopg
import pytest

from keeper.settings import Address
from local.server_process import PROCESS_TIMEOUT, Options, ServerProcess
from tests.conftest import StartServer
from tests.waiting import wait_until

from .conftest import OnPostgres
from .keeping import Keeper, environ
from .load import Load
from .postgres import Postgres, connect
from .sweeping import make_indexes, sweep
from .trees import DAY, Sql, ids, now_ms, put_history

AWAY = "the database is away; trying until it is back"
BACK = "the database is back"


def roots(sql: Sql, state: str) -> set[str]:
    rows = sql.execute("SELECT id FROM promises WHERE state = %s AND id = COALESCE(origin, id)", [state])
    return {str(row[0]) for row in rows}


def test_what_is_settled_goes_at_once_and_what_is_pending_stays(
    server: ServerProcess, sql: Sql, database: Address
) -> None:
    """The hardest case: nothing is kept for any time, so the keeper is always at the heels of the clients."""
    make_indexes(database)
    over = threading.Event()

    def sweep_on() -> None:
        while not over.is_set():
            sweep(database, now=time.time() + 1, retention=0, page=20)

    sweeper = threading.Thread(target=sweep_on)
    with Load(server.url) as load:
        sweeper.start()
        wait_until(lambda: load.finished > 150, "150 jobs are finished", patience=60)
    over.set()
    sweeper.join()
    sweep(database, now=time.time() + 1, retention=0)
    assert load.wrong == []
    assert ids(sql) == load.pending


@pytest.fixture
def keeper(database: Address, server: ServerProcess, engine_on_postgres: OnPostgres, tmp_path: Path) -> Keeper:
    """A keeper process beside the server; it keeps history for a day."""
    return Keeper(
        tmp_path,
        environ(database, METRICS_URL=engine_on_postgres.metrics_url, READY_URL=f"{server.url}/ready"),
    )


def test_postgres_is_killed_and_comes_back(
    keeper: Keeper, server: ServerProcess, postgres: Postgres, sql: Sql, database: Address
) -> None:
    """Old trees go, before and after; what clients were told is there; the keeper says once that it was away."""
    put_history(sql, 200, settled=now_ms() - 2 * DAY * 1000)
    with keeper, Load(server.url) as load:
        wait_until(lambda: keeper.said("old history is gone"), "old history is gone")
        wait_until(lambda: load.finished > 20, "jobs are finished")
        postgres.kill()
        keeper.wait_for(AWAY)
        wait_until(lambda: keeper.gauges("ServerReady")[-1] == 0, "the server is told as not ready")
        counted = len(keeper.gauges("TasksDue"))
        postgres.start()
        keeper.wait_for(BACK)
        done = load.finished
        wait_until(lambda: load.finished > done + 20, "jobs are finished again", patience=60)
        wait_until(lambda: len(keeper.gauges("TasksDue")) > counted, "jobs are counted again")
        with connect(database) as again:
            put_history(again, 50, settled=now_ms() - 3 * DAY * 1000, name="older")
            wait_until(
                lambda: not any(name.startswith("old") for name in ids(again)), "old trees are gone", patience=60
            )
        assert [len(keeper.said(message)) for message in (AWAY, BACK)] == [1, 1]
        assert keeper.end() == 0
    with connect(database) as after:
        assert load.wrong == []
        assert roots(after, "pending") == {name for name in load.pending if ":" not in name}
        assert len(roots(after, "resolved")) == load.finished


def test_the_server_is_killed_and_comes_back(
    keeper: Keeper, server: ServerProcess, sql: Sql, engine_on_postgres: OnPostgres, start_server: StartServer
) -> None:
    """The keeper goes on, and its gauges tell when the server was away."""
    with keeper, Load(server.url) as load:
        wait_until(lambda: keeper.gauges("ServerReady")[-1:] == [1], "the server is told as ready")
        server.kill()
        wait_until(lambda: keeper.gauges("ServerReady")[-1] == 0, "the server is told as not ready")
        start_server(engine_on_postgres, options=Options(), port=server.port)
        wait_until(lambda: keeper.gauges("ServerReady")[-1] == 1, "the server is told as ready again")
        done = load.finished
        wait_until(lambda: load.finished > done + 20, "jobs are finished again", patience=60)
        wait_until(lambda: keeper.gauges("ServerRequests")[-1] > 0, "requests are counted again")
        assert keeper.end() == 0
    assert load.wrong == []
    assert load.pending <= ids(sql)


def test_told_to_stop_in_the_middle_of_a_delete_it_leaves_everything_whole(keeper: Keeper, sql: Sql) -> None:
    """Each promise takes a minute to delete here: the statement is called back, not waited for."""
    slow = (
        "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN OLD; END $$"
    )
    sql.execute(slow)
    sql.execute("CREATE TRIGGER slowly AFTER DELETE ON promises FOR EACH ROW EXECUTE FUNCTION slowly()")
    put_history(sql, 10, settled=now_ms() - 2 * DAY * 1000)
    everything = ids(sql)
    with keeper:
        wait_until(lambda: is_deleting(sql), "the keeper deletes")
        assert keeper.end() == 0
        wait_until(lambda: not is_deleting(sql), "the statement is over")
        assert keeper.lines()[-1].get("level") != "error"
    assert ids(sql) == everything


def is_deleting(sql: psycopg.Connection[tuple[object, ...]]) -> bool:
    running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep'"
    return sql.execute(running).fetchone() != (0,)


def test_a_password_that_is_refused_is_said_once_and_waited_for(database: Address, tmp_path: Path) -> None:
    """It is the database's to let it in; the keeper never ends for it, and never says the password."""
    with Keeper(tmp_path, environ(database, DB_PASSWORD="not-the-word")) as keeper:  # noqa: S106
        keeper.wait_for(AWAY)
        wait_until(lambda: len(keeper.gauges("ServerReady")) > 2, "three intervals")
        assert keeper.process.poll() is None
        (line,) = keeper.said(AWAY)
        assert "password authentication failed" in line["reason"]
        assert "not-the-word" not in str(keeper.lines())
        assert keeper.end() == 0


def test_a_table_that_is_not_the_servers_ends_the_keeper_visibly(sql: Sql, database: Address, tmp_path: Path) -> None:
    """A new server with another schema is no outage: waiting would hide it."""
    sql.execute("ALTER TABLE promises RENAME COLUMN origin TO source")
    with Keeper(tmp_path, environ(database)) as keeper:
        assert keeper.process.wait(PROCESS_TIMEOUT) == 1
        (line,) = keeper.said("the keeper ends: this was not foreseen")
        assert "UndefinedColumn" in line["traceback"]
        assert database.password not in str(keeper.lines())


def test_a_keeper_that_fails_stays_until_it_would_be_started_again(sql: Sql, database: Address, tmp_path: Path) -> None:
    """It has said why; told to stop meanwhile, it does so at once, and that is no failure."""
    sql.execute("ALTER TABLE promises RENAME COLUMN origin TO source")
    with Keeper(tmp_path, environ(database, LEAST_LIFE_SECONDS="600")) as keeper:
        keeper.wait_for("the keeper ends: this was not foreseen")
        assert keeper.process.poll() is None
        assert keeper.end() == 0
    began = time.monotonic()
    with Keeper(tmp_path, environ(database, LEAST_LIFE_SECONDS="3")) as keeper:
        assert keeper.process.wait(PROCESS_TIMEOUT) == 1
    assert time.monotonic() - began > 3
