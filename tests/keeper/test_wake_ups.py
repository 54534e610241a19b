"""A task whose wake-up the server lost runs again; tasks that wait rightly are left alone.

The server loses one only if two of its transactions overlap. The tests write what is in its tables afterwards.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from durable.wire.client import Client
from keeper.database import Database
from keeper.settings import DatabaseAddress
from keeper.wake_ups import WakeUpRepair
from local.server_process import ServerProcess
from tests.waiting import wait_until

from .keeper_process import KeeperProcess, keeper_environment
from .task_runs import run_on_database
from .trees import Sql, now_ms, state_of
from .waiting_worker import WaitingWorker, start_job

JOB, SLEEP = "job", "job:1"


def lose_wake_up(sql: Sql, promise: str) -> None:
    """Settle a promise without waking the task that waits for it."""
    sql.execute("DELETE FROM promise_timeouts WHERE id = %s", [promise])
    sql.execute("UPDATE promises SET state = 'resolved', settled_at = %s WHERE id = %s", [now_ms(), promise])


def repair(database: DatabaseAddress) -> None:
    async def work(connection: Database) -> None:
        await WakeUpRepair(connection, interval=1).run()

    run_on_database(database, work)


@pytest.fixture
def sleeping_worker(server: ServerProcess, client: Client, sql: Sql) -> Iterator[WaitingWorker]:
    """A worker whose job has begun to sleep for an hour."""
    with WaitingWorker(server.url) as worker:
        start_job(client, JOB, "sleeping")
        wait_until(lambda: state_of(sql, JOB) == "suspended", "the job sleeps")
        yield worker


@pytest.mark.usefixtures("sleeping_worker")
def test_a_job_whose_sleep_ended_unseen_goes_on(
    client: Client, sql: Sql, database: DatabaseAddress, tmp_path: Path
) -> None:
    lose_wake_up(sql, SLEEP)
    with KeeperProcess(tmp_path, keeper_environment(database)) as keeper:
        wait_until(lambda: client.get(JOB).state == "resolved", "the job is done")
        assert [line["tasks"] for line in keeper.find_lines("woke tasks that the server had left suspended")] == [1]


@pytest.mark.usefixtures("sleeping_worker")
def test_a_task_that_waits_for_a_pending_promise_stays_suspended(sql: Sql, database: DatabaseAddress) -> None:
    repair(database)
    assert state_of(sql, JOB) == "suspended"
    assert sql.execute("SELECT id FROM task_timeouts WHERE id = %s", [JOB]).fetchall() == []


@pytest.mark.usefixtures("sleeping_worker")
def test_a_halted_task_stays_halted(sql: Sql, database: DatabaseAddress) -> None:
    sql.execute("UPDATE tasks SET state = 'halted' WHERE id = %s", [JOB])
    lose_wake_up(sql, SLEEP)
    repair(database)
    assert state_of(sql, JOB) == "halted"


@pytest.mark.usefixtures("sleeping_worker")
def test_a_task_that_the_server_is_changing_is_left_for_the_next_run(sql: Sql, database: DatabaseAddress) -> None:
    lose_wake_up(sql, SLEEP)
    with sql.transaction():
        sql.execute("SELECT FROM tasks WHERE id = %s FOR UPDATE", [JOB])
        repair(database)
        assert state_of(sql, JOB) == "suspended"
    repair(database)
    wait_until(lambda: state_of(sql, JOB) == "fulfilled", "the job is done")
