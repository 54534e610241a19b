"""The gauges of work show what is due and running, and omit what is unknown."""

from dataclasses import replace

import pytest
from psycopg.sql import SQL, Identifier

from contract.names import DOCUMENTS_ADDRESS
from durable.wire.answers import EmptyAnswer
from durable.wire.client import Client
from durable.wire.requests import PromiseCreate, TaskHalt
from keeper.gauges import SELECT_DUE_TASKS
from keeper.settings import DatabaseAddress
from local.server_process import ServerProcess, free_port
from tests.waiting import wait_until

from .published_gauges import PublishedGauges, count_due, count_running, find_value
from .trees import (
    DAY_SECONDS,
    FAR_DEADLINE_MS,
    Sql,
    count_pages_read,
    create,
    insert_history,
    now_ms,
    settle,
    state_of,
)
from .waiting_worker import WaitingWorker, start_job


def test_due_tasks_are_counted_by_group(client: Client, database: DatabaseAddress) -> None:
    """Tasks of jobs and of their parts, for a whole group or for one of its processes."""
    for name in ("doc/1", "doc/2", "doc/3"):
        create(client, name)
    create(client, "probe", target="poll://uni@documents/some-process")
    create(client, "pages/1", target="poll://any@pages")
    create(client, "pushed", target="http://somewhere.example/")
    create(client, "doc/1:1", origin="doc/1")
    create(client, "doc/1:2", origin="doc/1", target="poll://any@pages")
    client.create(PromiseCreate(id="without-target", timeout_at=FAR_DEADLINE_MS))
    settle(client, "doc/3")
    assert count_due(PublishedGauges(database).publish()) == {"documents": 3, "pages": 2}


def test_an_acquired_task_is_due_and_running(
    server: ServerProcess, client: Client, sql: Sql, database: DatabaseAddress
) -> None:
    """A task without a worker is due but not running; a halted one is neither."""
    start_job(client, "doc/1", "running")
    documents = PublishedGauges(database).publish()
    assert (count_due(documents), count_running(documents)) == (
        {"documents": 1},
        {"documents": 0},
    )
    settle(client, "doc/1")
    with WaitingWorker(server.url):
        start_job(client, "doc/2", "running")
        wait_until(lambda: state_of(sql, "doc/2") == "acquired", "it is running")
        documents = PublishedGauges(database).publish()
    assert (count_due(documents), count_running(documents)) == (
        {"documents": 1},
        {"documents": 1},
    )
    client.ask(TaskHalt(id="doc/2"), EmptyAnswer)
    documents = PublishedGauges(database).publish()
    assert (count_due(documents), count_running(documents)) == (
        {"documents": 0},
        {"documents": 0},
    )


def test_a_sleeping_or_waiting_job_is_not_due_however_old_it_is(
    server: ServerProcess, client: Client, sql: Sql, database: DatabaseAddress
) -> None:
    """Real workflows on a real worker: one sleeps for an hour, one waits for a job of another group."""
    with WaitingWorker(server.url):
        for name in ("sleeping", "calling"):
            start_job(client, name, name)
        for name in ("sleeping", "calling"):
            wait_until(lambda name=name: state_of(sql, name) == "suspended", f"{name} waits")  # type: ignore[misc]
        sql.execute("UPDATE promises SET created_at = 0 WHERE id IN ('sleeping', 'calling')")
        documents = PublishedGauges(database).publish()
    assert count_due(documents) == {"documents": 0, "others": 1}
    assert count_running(documents) == {"documents": 0, "others": 0}
    assert max(document.get("OldestDueSeconds", 0) for document in documents) < DAY_SECONDS  # 0 is in 1970


@pytest.mark.parametrize("asking", ["asking", "reminding"])
def test_the_age_of_the_oldest_open_question_is_published(
    server: ServerProcess, client: Client, sql: Sql, database: DatabaseAddress, asking: str
) -> None:
    """Of one that a person must answer: neither a sleep, nor a call of another group, nor an answered one.

    A question with reminders waits for a timer as well.
    """
    names = ("sleeping", "calling", asking)
    with WaitingWorker(server.url):
        for name in names:
            start_job(client, name, name)
        for name in names:
            wait_until(lambda name=name: state_of(sql, name) == "suspended", f"{name} waits")  # type: ignore[misc]
    sql.execute("UPDATE promises SET created_at = 0 WHERE id ^@ 'sleeping' OR id ^@ 'calling'")
    now = now_ms()
    sql.execute("UPDATE promises SET created_at = %s WHERE id = %s", [now - 3_600_000, f"{asking}:1"])
    age = find_value(PublishedGauges(database).publish(now=now / 1000), "OldestDecisionSeconds")
    assert age == pytest.approx(3_600)
    settle(client, f"{asking}:1")
    assert find_value(PublishedGauges(database).publish(), "OldestDecisionSeconds") is None


def test_the_age_is_that_of_the_oldest_due_task(client: Client, sql: Sql, database: DatabaseAddress) -> None:
    """Neither an older settled one nor a younger one counts."""
    for name in ("doc/old", "doc/middle", "doc/young"):
        create(client, name)
    sql.execute("UPDATE promises SET created_at = created_at - 900000 WHERE id = 'doc/old'")
    sql.execute("UPDATE promises SET created_at = created_at - 600000 WHERE id = 'doc/middle'")
    settle(client, "doc/old")
    created = sql.execute("SELECT created_at FROM promises WHERE id = 'doc/middle'").fetchone()
    assert created is not None
    documents = PublishedGauges(database).publish(now=int(str(created[0])) / 1000 + 750)
    ages = [line["OldestDueSeconds"] for line in documents if line.get("Group") == "documents"]
    assert ages == [pytest.approx(750)]


def test_the_oldest_task_counts_for_group_and_process_targets_alike(
    client: Client, sql: Sql, database: DatabaseAddress
) -> None:
    now = now_ms()
    for group, any_age, one_age in (("documents", 500, 100), ("pages", 100, 500)):
        for target, age in ((f"poll://any@{group}", any_age), (f"poll://uni@{group}/one", one_age)):
            create(client, target, target=target)
            sql.execute("UPDATE promises SET created_at = %s WHERE id = %s", [now - age * 1000, target])
    ages = [
        line["OldestDueSeconds"]
        for line in PublishedGauges(database).publish(now=now / 1000)
        if line.get("Group") in ("documents", "pages")
    ]
    assert ages == [pytest.approx(500)] * 2


def test_a_group_without_work_is_published_as_zero(client: Client, database: DatabaseAddress) -> None:
    """Otherwise its gauge would end with its last job, and the scaling would have no data."""
    published = PublishedGauges(database)
    assert count_due(published.publish()) == {"documents": 0}
    create(client, "pages/1", target="poll://any@pages")
    assert count_due(published.publish()) == {"documents": 0, "pages": 1}
    settle(client, "pages/1")
    documents = published.publish()
    assert count_due(documents) == {"documents": 0, "pages": 0}
    assert {document.get("OldestDueSeconds", 0) for document in documents} == {0}


def test_without_the_database_no_backlog_is_published(database: DatabaseAddress) -> None:
    documents = PublishedGauges(replace(database, port=free_port())).publish()
    assert count_due(documents) == {}
    assert find_value(documents, "ServerReady") == 0


def test_counting_does_not_read_history_and_suspended_jobs(sql: Sql) -> None:
    """30,000 promises with values are settled, 4,000 jobs suspended, 10 due. Postgres has no statistics yet."""
    for table in ("promises", "tasks", "task_timeouts"):
        sql.execute(SQL("ALTER TABLE {} SET (autovacuum_enabled = false)").format(Identifier(table)))
    sql.execute("ALTER TABLE promises ALTER COLUMN param_data SET DEFAULT repeat('x', 1200)")  # not long enough to move
    insert_history(sql, 5_000, settled=now_ms())
    sql.execute("INSERT INTO tasks (id, state) SELECT id, 'fulfilled' FROM promises WHERE target IS NOT NULL")
    insert_tasks(sql, "suspended", 4_000)
    insert_tasks(sql, "pending", 10)
    max_pages = 10 * 5  # for each task of the index, and the row itself
    for _ in range(2):
        assert count_pages_read(sql, SELECT_DUE_TASKS, {}) < max_pages
        for table in ("promises", "tasks"):
            whole = f"SELECT count(*) FROM {table}"  # noqa: S608 - our own constants
            assert count_pages_read(sql, whole, {}) > max_pages, "to read a table takes more"
        sql.execute("ANALYZE")


def insert_tasks(sql: Sql, state: str, number: int) -> None:
    """Insert jobs as the server does: only due tasks have a timeout."""
    values = {"state": state, "number": number, "far": FAR_DEADLINE_MS, "now": now_ms(), "target": DOCUMENTS_ADDRESS}
    sql.execute(
        """
        INSERT INTO promises (id, tags, timeout_at, created_at)
        SELECT %(state)s || '/' || n, jsonb_build_object('resonate:target', %(target)s::text), %(far)s, %(now)s
        FROM generate_series(1, %(number)s) n
        """,
        values,
    )
    sql.execute("INSERT INTO tasks (id, state) SELECT id, %(state)s FROM promises WHERE id ^@ %(state)s", values)
    if state == "pending":
        sql.execute("INSERT INTO task_timeouts (id, timeout_at) SELECT id, 0 FROM tasks WHERE state = 'pending'")
