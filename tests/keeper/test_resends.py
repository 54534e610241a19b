"""However many tasks wait, the server announces a bounded number of them again in a second."""

from pathlib import Path
from typing import Final

import pytest

from keeper.clock import Clock
from keeper.database import Database
from keeper.resends import ResendPacer
from keeper.settings import DatabaseAddress
from local.server_process import ServerProcess

from .keeper_process import KeeperProcess, keeper_environment
from .task_runs import run_on_database
from .test_gauges import insert_tasks
from .trees import Sql

NOW: Final = 2_000_000_000_000  # in ms: for the server's clock this is years ahead, so nothing is due for it
RATE: Final = 10
INTERVAL: Final = 15
WAITING: Final = 1_000  # due within 30 seconds, so 33 a second


@pytest.fixture
def waiting(sql: Sql) -> Sql:
    """Jobs that wait, and the server does not see before; of the first hundred, a worker has begun each once."""
    with sql.transaction():
        insert_tasks(sql, "pending", WAITING)
        sql.execute("UPDATE task_timeouts SET timeout_at = %s + (random() * 30000)::bigint", [NOW])
        sql.execute("UPDATE tasks SET version = 1 WHERE id IN (SELECT id FROM tasks ORDER BY id LIMIT 100)")
    return sql


def pace(database: DatabaseAddress, *, rate: int = RATE, now: int = NOW) -> None:
    async def work(connection: Database) -> None:
        await ResendPacer(connection, rate=rate, interval=INTERVAL, clock=Clock(now=lambda: now / 1000)).run()

    run_on_database(database, work)


def read_times(sql: Sql, condition: str = "true") -> dict[str, int]:
    rows = sql.execute(f"SELECT id, timeout_at FROM task_timeouts JOIN tasks USING (id) WHERE {condition}")  # noqa: S608 # type: ignore[arg-type] # a constant
    return {str(name): int(str(at)) for name, at in rows}


def count_before(times: dict[str, int], moment: int) -> int:
    return sum(at < moment for at in times.values())


def test_what_is_due_beyond_the_rate_is_postponed_and_spread(waiting: Sql, database: DatabaseAddress) -> None:
    pace(database)
    times = read_times(waiting)
    assert count_before(times, NOW + 30_000) == 30 * RATE
    each_half_minute = [
        count_before(times, NOW + 30_000 * (number + 1)) - count_before(times, NOW + 30_000 * number)
        for number in range(1, 4)
    ]
    assert all(0 < number < 30 * RATE for number in each_half_minute)
    assert max(times.values()) <= NOW + 30_000 + 1_250 * WAITING / RATE


def test_what_is_due_together_is_announced_apart(waiting: Sql, database: DatabaseAddress) -> None:
    """As after a restart of the server, which announces at once what became due meanwhile."""
    waiting.execute("UPDATE task_timeouts SET timeout_at = %s", [NOW + 20_000])
    pace(database)
    assert count_before(read_times(waiting), NOW + 30_000) == 30 * RATE


def test_postponed_tasks_are_not_postponed_again_without_need(waiting: Sql, database: DatabaseAddress) -> None:
    pace(database)
    times = read_times(waiting)
    for moment in range(NOW + 30_000, NOW + 150_000, 1000 * INTERVAL):
        waiting.execute("DELETE FROM task_timeouts WHERE timeout_at < %s", [moment])  # the server announces them
        pace(database, now=moment)
        assert read_times(waiting) == {name: at for name, at in times.items() if at >= moment}


def test_begun_jobs_are_announced_as_before(waiting: Sql, database: DatabaseAddress) -> None:
    """One that lost its worker, or whose pages are read, never waits longer."""
    before = read_times(waiting, "version = 1")
    pace(database, rate=1)
    assert read_times(waiting, "version = 1") == before
    assert len(read_times(waiting, "version = 0")) == WAITING - 100


def test_a_short_backlog_is_left_to_the_server(waiting: Sql, database: DatabaseAddress) -> None:
    before = read_times(waiting)
    pace(database, rate=WAITING)
    assert read_times(waiting) == before


def test_the_keeper_paces_a_large_backlog(
    server: ServerProcess, sql: Sql, database: DatabaseAddress, tmp_path: Path
) -> None:
    server.kill()  # it would announce what is due
    insert_tasks(sql, "pending", 4_000)
    with KeeperProcess(tmp_path, keeper_environment(database)) as keeper:
        keeper.wait_for("repeated announcements postponed")
    # In real time: 200 a second until its next run but one, and the others later than that.
    assert count_before(read_times(sql), 1) == 2_000
