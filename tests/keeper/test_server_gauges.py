"""What the keeper publishes of the server and when: whether it is ready, and what it did since the last time."""

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest

from keeper.database import Link, Watch
from keeper.gauges import Ambient, Gauges
from keeper.server import ServerProcess as Looked
from keeper.server import Totals
from keeper.settings import Address
from local.server_process import HOST, ServerProcess
from tests.waiting import wait_until
from wire.client import Client
from wire.requests import PromiseCreate

from .conftest import OnPostgres
from .publishing import NOBODY, Published, due, value
from .trees import FAR, create


@pytest.fixture
def of_server(server: ServerProcess, engine_on_postgres: OnPostgres) -> Published:
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


def test_a_server_that_is_gone_is_not_ready_and_counts_nothing(server: ServerProcess, of_server: Published) -> None:
    of_server.once()
    server.kill()
    documents = of_server.once()
    assert (value(documents, "ServerReady"), value(documents, "ServerRequests")) == (0, None)
    assert due(documents) == {"documents": 0, "chunks": 0}, "the database is there"


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
