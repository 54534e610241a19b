"""What the keeper publishes of the work that there is, is what is so, and what it cannot know it leaves out."""

from dataclasses import replace

import pytest
from psycopg.sql import SQL, Identifier

from contract.names import DOCUMENTS_ADDRESS
from keeper.gauges import DUE
from keeper.settings import Address
from local.server_process import ServerProcess, free_port
from tests.waiting import wait_until
from wire.answers import EmptyAnswer
from wire.client import Client
from wire.requests import PromiseCreate, TaskHalt

from .napping import Napping, start_job
from .publishing import Published, due, running, value
from .trees import FAR, Sql, create, now_ms, pages_read, put_history, settle, state_of


def test_work_is_counted_for_each_group(client: Client, database: Address) -> None:
    """What somebody is asked to run, a part of a job too, and whether all of the group or one process of it."""
    for name in ("doc/1", "doc/2", "doc/3"):
        create(client, name)
    create(client, "probe", target="poll://uni@documents/some-process")
    create(client, "pages/1", target="poll://any@pages")
    create(client, "pushed", target="http://somewhere.example/")
    create(client, "doc/1:1", origin="doc/1")
    create(client, "doc/1:2", origin="doc/1", target="poll://any@pages")
    client.create(PromiseCreate(id="of-nobody", timeout_at=FAR))
    settle(client, "doc/3")
    assert due(Published(database).once()) == {"documents": 3, "chunks": 0, "pages": 2}


def test_what_a_worker_holds_is_due_and_runs(
    server: ServerProcess, client: Client, sql: Sql, database: Address
) -> None:
    """What nobody has taken is due and does not; what somebody has stopped is neither."""
    start_job(client, "doc/1", "hold")
    documents = Published(database).once()
    assert (due(documents), running(documents)) == ({"documents": 1, "chunks": 0}, {"documents": 0, "chunks": 0})
    with Napping(server.url):
        wait_until(lambda: state_of(sql, "doc/1") == "acquired", "it runs")
        documents = Published(database).once()
    assert (due(documents), running(documents)) == ({"documents": 1, "chunks": 0}, {"documents": 1, "chunks": 0})
    client.ask(TaskHalt(id="doc/1"), EmptyAnswer)
    documents = Published(database).once()
    assert (due(documents), running(documents)) == ({"documents": 0, "chunks": 0}, {"documents": 0, "chunks": 0})


def test_a_job_that_sleeps_or_waits_is_no_work_however_old_it_is(
    server: ServerProcess, client: Client, sql: Sql, database: Address
) -> None:
    """Real workflows on a real worker: one sleeps for an hour, one waits for a part that others are asked to do."""
    for name in ("nap", "ask"):
        start_job(client, name, name)
    with Napping(server.url):
        for name in ("nap", "ask"):
            wait_until(lambda name=name: state_of(sql, name) == "suspended", f"{name} waits")  # type: ignore[misc]
        wait_until(lambda: state_of(sql, "nap:1") == "acquired", "the worker holds what wakes the sleeper")
        sql.execute("UPDATE promises SET created_at = 0 WHERE id IN ('nap', 'ask')")
        documents = Published(database).once()
    assert due(documents) == {"documents": 0, "chunks": 0, "others": 1}
    assert running(documents) == {"documents": 0, "chunks": 0, "others": 0}
    assert max(document.get("OldestDueSeconds", 0) for document in documents) < 60


def test_the_oldest_job_is_as_old_as_it_is(client: Client, sql: Sql, database: Address) -> None:
    """A settled one is older, and does not count; neither does a younger one."""
    for name in ("doc/old", "doc/middle", "doc/young"):
        create(client, name)
    sql.execute("UPDATE promises SET created_at = created_at - 900000 WHERE id = 'doc/old'")
    sql.execute("UPDATE promises SET created_at = created_at - 600000 WHERE id = 'doc/middle'")
    settle(client, "doc/old")
    created = sql.execute("SELECT created_at FROM promises WHERE id = 'doc/middle'").fetchone()
    assert created is not None
    documents = Published(database).once(now=int(str(created[0])) / 1000 + 750)
    ages = [line["OldestDueSeconds"] for line in documents if line.get("Group") == "documents"]
    assert ages == [pytest.approx(750)]


def test_of_two_ways_to_ask_a_group_the_older_job_counts(client: Client, sql: Sql, database: Address) -> None:
    """Whichever way that is."""
    for group, any_age, one_age in (("documents", 500, 100), ("pages", 100, 500)):
        for target, age in ((f"poll://any@{group}", any_age), (f"poll://uni@{group}/one", one_age)):
            create(client, target, target=target)
            sql.execute("UPDATE promises SET created_at = %s WHERE id = %s", [now_ms() - age * 1000, target])
    ages = [
        line["OldestDueSeconds"] for line in Published(database).once() if line.get("Group") in ("documents", "pages")
    ]
    assert [round(age / 100) for age in ages] == [5, 5]


def test_a_group_without_work_has_none_and_is_still_told(client: Client, database: Address) -> None:
    """Or the line would end at its last job, and a scaling rule would see nothing."""
    published = Published(database)
    assert due(published.once()) == {"documents": 0, "chunks": 0}
    create(client, "pages/1", target="poll://any@pages")
    assert due(published.once()) == {"documents": 0, "chunks": 0, "pages": 1}
    settle(client, "pages/1")
    documents = published.once()
    assert due(documents) == {"documents": 0, "chunks": 0, "pages": 0}
    assert {document.get("OldestDueSeconds", 0) for document in documents} == {0}


def test_without_the_database_jobs_are_not_guessed(database: Address) -> None:
    documents = Published(replace(database, port=free_port())).once()
    assert due(documents) == {}
    assert value(documents, "ServerReady") == 0


def test_counting_work_costs_nothing_for_history_and_for_what_waits(sql: Sql) -> None:
    """200,000 promises are settled, 5,000 jobs wait, 50 are due; Postgres has not even looked at its statistics yet."""
    for table in ("promises", "tasks", "task_timeouts"):
        sql.execute(SQL("ALTER TABLE {} SET (autovacuum_enabled = false)").format(Identifier(table)))
    put_history(sql, 33_333, settled=now_ms())
    sql.execute("INSERT INTO tasks (id, state) SELECT id, 'fulfilled' FROM promises WHERE target IS NOT NULL")
    put_tasks(sql, "suspended", 5_000)
    put_tasks(sql, "pending", 50)
    for_each = 5  # pages of the index, and the row itself
    assert pages_read(sql, DUE, {}) < 50 * for_each
    sql.execute("ANALYZE")
    assert pages_read(sql, DUE, {}) < 50 * for_each


def put_tasks(sql: Sql, state: str, number: int) -> None:
    """Lay jobs into the database as the server does: only what is due has a time."""
    values = {"state": state, "number": number, "far": FAR, "now": now_ms(), "target": DOCUMENTS_ADDRESS}
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
