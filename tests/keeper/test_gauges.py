"""What the keeper publishes is what is so, and what it cannot know it leaves out."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from psycopg.sql import SQL, Identifier

from contract.names import DOCUMENTS_ADDRESS
from keeper.database import Link, Watch
from keeper.gauges import DUE, Ambient, Gauges
from keeper.server import Server as Looked
from keeper.server import Totals
from keeper.settings import Address
from local.servers import HOST, Server, free_port
from tests.waiting import wait_until
from wire.client import Client
from wire.requests import PromiseCreate

from .conftest import OnPostgres
from .emf import assert_is_emf
from .napping import Napping, start_job
from .trees import FAR, Sql, create, now_ms, pages_read, put_history, settle, state_of

NOBODY = f"http://{HOST}:9/"


class Published:
    """Gauges that publish into a list, at a time of the test's choosing."""

    def __init__(self, address: Address, *, ready_url: str = NOBODY, metrics_url: str = NOBODY) -> None:
        self._written: list[str] = []
        self._now = time.time()
        self._link = Link(address, Watch(), statement_ms=10_000, lock_ms=2_000)
        ambient = Ambient(write=self._written.append, now=lambda: self._now)
        server = Looked(ready_url=ready_url, metrics_url=metrics_url)
        self._gauges = Gauges(self._link, server, namespace="Longhand", interval=60, ambient=ambient)

    def once(self, *, now: float | None = None) -> list[dict[str, Any]]:
        """Publish one set, and return its documents."""
        self._written.clear()
        self._now = now or time.time()
        asyncio.run(self._run())
        documents = [json.loads(line) for line in self._written]
        for document in documents:
            assert_is_emf(document)
        return documents

    async def _run(self) -> None:
        await self._gauges.run()
        await self._link.close()


def due(documents: list[dict[str, Any]]) -> dict[str, int]:
    """Work by group."""
    return {document["Group"]: document["TasksDue"] for document in documents if "TasksDue" in document}


def running(documents: list[dict[str, Any]]) -> dict[str, int]:
    """Of it, what a worker holds."""
    return {document["Group"]: document["TasksRunning"] for document in documents if "TasksRunning" in document}


def value(documents: list[dict[str, Any]], name: str) -> float | None:
    """A gauge without dimensions."""
    return next((document[name] for document in documents if name in document), None)


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
    assert due(Published(database).once()) == {"documents": 3, "pages": 2}


def test_what_a_worker_holds_is_due_and_runs(server: Server, client: Client, sql: Sql, database: Address) -> None:
    """What nobody has taken is due and does not; what somebody has stopped is neither."""
    start_job(client, "doc/1", "hold")
    documents = Published(database).once()
    assert (due(documents), running(documents)) == ({"documents": 1}, {"documents": 0})
    with Napping(server.url):
        wait_until(lambda: state_of(sql, "doc/1") == "acquired", "it runs")
        documents = Published(database).once()
    assert (due(documents), running(documents)) == ({"documents": 1}, {"documents": 1})
    client.halt("doc/1")
    documents = Published(database).once()
    assert (due(documents), running(documents)) == ({"documents": 0}, {"documents": 0})


def test_a_job_that_sleeps_or_waits_is_no_work_however_old_it_is(
    server: Server, client: Client, sql: Sql, database: Address
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
    assert due(documents) == {"documents": 0, "others": 1}
    assert running(documents) == {"documents": 0, "others": 0}
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
    assert value(documents, "OldestDueSeconds") == pytest.approx(750)


def test_of_two_ways_to_ask_a_group_the_older_job_counts(client: Client, sql: Sql, database: Address) -> None:
    """Whichever way that is."""
    for group, any_age, one_age in (("documents", 500, 100), ("pages", 100, 500)):
        for target, age in ((f"poll://any@{group}", any_age), (f"poll://uni@{group}/one", one_age)):
            create(client, target, target=target)
            sql.execute("UPDATE promises SET created_at = %s WHERE id = %s", [now_ms() - age * 1000, target])
    ages = [line["OldestDueSeconds"] for line in Published(database).once() if "Group" in line]
    assert [round(age / 100) for age in ages] == [5, 5]


def test_a_group_without_work_has_none_and_is_still_told(client: Client, database: Address) -> None:
    """Or the line would end at its last job, and a scaling rule would see nothing."""
    published = Published(database)
    assert due(published.once()) == {"documents": 0}
    create(client, "pages/1", target="poll://any@pages")
    assert due(published.once()) == {"documents": 0, "pages": 1}
    settle(client, "pages/1")
    documents = published.once()
    assert due(documents) == {"documents": 0, "pages": 0}
    assert {document.get("OldestDueSeconds", 0) for document in documents} == {0}


def test_without_the_database_jobs_are_not_guessed(database: Address) -> None:
    documents = Published(replace(database, port=free_port())).once()
    assert due(documents) == {}
    assert value(documents, "ServerReady") == 0


@pytest.fixture
def of_server(server: Server, engine_on_postgres: OnPostgres) -> Published:
    """Gauges that look at the server."""
    return Published(
        engine_on_postgres.database, ready_url=f"{server.url}/ready", metrics_url=engine_on_postgres.metrics_url
    )


def test_requests_and_deliveries_are_those_since_the_last_time(client: Client, of_server: Published) -> None:
    create(client, "before")
    assert value(of_server.once(), "ServerRequests") is None, "there is no last time"
    for number in range(7):
        client.create(PromiseCreate(id=f"of-nobody-{number}", timeout_at=FAR))
    documents = of_server.once()
    assert (value(documents, "ServerReady"), value(documents, "ServerRequests")) == (1, 7)
    assert value(of_server.once(), "ServerRequests") == 0
    create(client, "doc/1")
    create(client, "doc/2")
    wait_until(lambda: value(of_server.once(), "ServerDeliveries"), "a message is delivered")


def test_a_server_that_is_gone_is_not_ready_and_counts_nothing(server: Server, of_server: Published) -> None:
    of_server.once()
    server.kill()
    documents = of_server.once()
    assert (value(documents, "ServerReady"), value(documents, "ServerRequests")) == (0, None)
    assert due(documents) == {"documents": 0}, "the database is there"


@pytest.fixture
def silent() -> Iterator[str]:
    """Something that takes connections and never answers, as the server does while its database is away."""
    with socket.create_server((HOST, 0)) as listener:
        yield f"http://{HOST}:{listener.getsockname()[1]}/ready"


def test_who_does_not_answer_in_time_is_not_ready(silent: str) -> None:
    assert asyncio.run(Looked(ready_url=silent, metrics_url=silent).is_ready()) is False


def test_who_answers_that_it_is_not_ready_is_not_ready() -> None:
    """As the server does in the end, when its database stays away."""
    with socket.create_server((HOST, 0)) as listener:
        url = f"http://{HOST}:{listener.getsockname()[1]}/ready"

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.0 503 Service Unavailable\r\n\r\nthe database is away")

        answering = threading.Thread(target=answer)
        answering.start()
        assert asyncio.run(Looked(ready_url=url, metrics_url=url).is_ready()) is False
        answering.join()


def test_a_server_that_counts_less_than_before_has_begun_anew() -> None:
    before = Totals(requests=100, deliveries=10)
    assert Totals(requests=130, deliveries=10).since(before) == Totals(requests=30, deliveries=0)
    assert Totals(requests=5, deliveries=1).since(before) == Totals(requests=5, deliveries=1)


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


def test_no_interval_stays_without_a_point() -> None:
    """Publishing takes its time; the next time is not later for it. After a long stop it goes on from there."""
    clock = [1000.0]
    spent = iter([0.5, 59.5, 200.0, 0.5])
    written: list[str] = []
    nowhere = Address(host=HOST, port=9, name="x", sslmode="disable", user="x", password="")
    link = Link(nowhere, Watch(), statement_ms=0, lock_ms=0)
    server = Looked(ready_url=NOBODY, metrics_url=NOBODY)

    def write(line: str) -> None:
        written.append(line)
        clock[0] += next(spent)

    ambient = Ambient(write=write, now=lambda: 0.0, clock=lambda: clock[0])
    gauges = Gauges(link, server, namespace="Longhand", interval=60, ambient=ambient)
    starts = []
    for _ in range(4):
        starts.append(clock[0])
        pause = asyncio.run(gauges.run())
        clock[0] += pause
    assert starts == [1000.0, 1060.0, 1120.0, 1320.0]
    assert len(written) == 4
