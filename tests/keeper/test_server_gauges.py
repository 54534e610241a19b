"""The gauges of the server show whether it is ready, and what it has done since the previous point."""

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest

from durable.wire.client import Client
from durable.wire.requests import PromiseCreate
from keeper.clock import Clock
from keeper.database import Database, OutageLog
from keeper.emf import EmfWriter
from keeper.gauges import GaugePublisher
from keeper.server_probe import ServerProbe, Totals
from keeper.settings import DatabaseAddress
from local.server_process import HOST, ServerProcess
from tests.waiting import wait_until

from .kept_server import ServerOnPostgres
from .published_gauges import UNUSED_URL, PublishedGauges, count_due, find_value
from .trees import FAR_DEADLINE_MS, create


@pytest.fixture
def server_gauges(server: ServerProcess, server_on_postgres: ServerOnPostgres) -> PublishedGauges:
    """The gauges of the running server."""
    return PublishedGauges(
        server_on_postgres.database, ready_url=f"{server.url}/ready", metrics_url=server_on_postgres.metrics_url
    )


def test_requests_and_deliveries_are_counted_since_the_previous_point(
    client: Client, server_gauges: PublishedGauges
) -> None:
    create(client, "before")
    assert find_value(server_gauges.publish(), "ServerRequests") is None, "there is no previous point"
    for number in range(7):
        client.create(PromiseCreate(id=f"without-target-{number}", timeout_at=FAR_DEADLINE_MS))
    documents = server_gauges.publish()
    assert (find_value(documents, "ServerReady"), find_value(documents, "ServerRequests")) == (1, 7)
    assert find_value(server_gauges.publish(), "ServerRequests") == 0
    create(client, "doc/1")
    create(client, "doc/2")
    wait_until(lambda: find_value(server_gauges.publish(), "ServerDeliveries"), "a message is delivered")


def test_a_stopped_server_is_not_ready_and_has_no_counters(
    server: ServerProcess, server_gauges: PublishedGauges
) -> None:
    server_gauges.publish()
    server.kill()
    documents = server_gauges.publish()
    assert (find_value(documents, "ServerReady"), find_value(documents, "ServerRequests")) == (0, None)
    assert count_due(documents) == {"documents": 0}, "the database is available"


@pytest.fixture
def silent() -> Iterator[str]:
    """The url of a server that accepts connections and never answers, as ours does without its database."""
    with socket.create_server((HOST, 0)) as listener:
        yield f"http://{HOST}:{listener.getsockname()[1]}/ready"


def test_a_server_that_answers_too_late_is_not_ready(silent: str) -> None:
    assert asyncio.run(ServerProbe(ready_url=silent, metrics_url=silent).is_ready()) is False


def test_a_server_that_answers_503_is_not_ready() -> None:
    """As the server does after half a minute without its database."""
    with socket.create_server((HOST, 0)) as listener:
        url = f"http://{HOST}:{listener.getsockname()[1]}/ready"

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.0 503 Service Unavailable\r\n\r\nthe database is away")

        answering = threading.Thread(target=answer)
        answering.start()
        assert asyncio.run(ServerProbe(ready_url=url, metrics_url=url).is_ready()) is False
        answering.join()


def test_counters_that_went_down_belong_to_a_restarted_server() -> None:
    before = Totals(requests=100, deliveries=10)
    assert Totals(requests=130, deliveries=10).since(before) == Totals(requests=30, deliveries=0)
    assert Totals(requests=5, deliveries=1).since(before) == Totals(requests=5, deliveries=1)


def test_every_interval_has_a_point() -> None:
    """Slow publishing does not delay the next point. After a long stop the grid starts anew."""
    seconds = [1000.0]
    spent = iter([0.5, 59.5, 200.0, 0.5])
    written: list[str] = []
    unused = DatabaseAddress(host=HOST, port=9, name="x", sslmode="disable", sslrootcert="x", user="x", password="")
    database = Database(unused, OutageLog(), statement_ms=0, lock_ms=0)
    server = ServerProbe(ready_url=UNUSED_URL, metrics_url=UNUSED_URL)

    def write(line: str) -> None:
        written.append(line)
        seconds[0] += next(spent)

    clock = Clock(now=lambda: 0.0, monotonic=lambda: seconds[0])
    publisher = GaugePublisher(database, server, EmfWriter("Longhand", write), interval=60, clock=clock)
    starts = []
    for _ in range(4):
        starts.append(seconds[0])
        pause = asyncio.run(publisher.run())
        seconds[0] += pause
    assert starts == [1000.0, 1060.0, 1120.0, 1320.0]
    assert len(written) == 4
