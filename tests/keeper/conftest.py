"""A Postgres for all keeper tests of a process, a database for each test, and the real server on it."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from keeper.settings import Address
from local.server_process import HOST, ROOT, Options, ServerProcess, free_port
from tests.conftest import REAL, StartServer
from wire.client import Client

from .postgres import NO_POSTGRES, Postgres, connect, find_postgres, url_of

NO_SERVER = (
    "NO REAL SERVER: the keeper was not tested on its database, nor its entry point. Name its program in RESONATE_BIN."
)
PROGRAMS = find_postgres(os.environ)


@dataclass(frozen=True)
class OnPostgres:
    """The real server on a database; its page of metrics is on a port of its own."""

    binary: Path
    database: Address
    metrics_port: int = 0
    root: Path = ROOT
    name: str = "real on Postgres"

    @property
    def metrics_url(self) -> str:
        """Where it counts."""
        return f"http://{HOST}:{self.metrics_port}/metrics"

    def command(self, folder: Path, port: int, options: Options) -> list[str]:  # noqa: ARG002 its data is elsewhere
        """Start it as the cloud does, but for its environment."""
        return [
            *(str(self.binary), "serve", "--level", "error", "--server-bind", HOST, "--server-port", str(port)),
            *("--server-url", f"http://{HOST}:{port}", "--observability-metrics-port", str(self.metrics_port)),
            *("--storage-type", "postgres", "--storage-postgres-url", url_of(self.database)),
            *("--tasks-retry-timeout", str(options.retry_timeout)),
            *("--messages-poll-interval", str(options.messages_interval)),
        ]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One cluster for every test of this process."""
    if PROGRAMS is None:
        pytest.skip(NO_POSTGRES)
    with Postgres(PROGRAMS) as cluster:
        yield cluster


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Address]:
    """An empty database of the test's own."""
    address = postgres.create(f"test_{secrets.token_hex(4)}")
    yield address
    postgres.drop(address.name)


@pytest.fixture
def engine_on_postgres(database: Address) -> OnPostgres:
    """The server that would use the test's database."""
    if REAL is None:
        pytest.skip(NO_SERVER)
    return OnPostgres(REAL.binary, database, free_port())


@pytest.fixture
def server(engine_on_postgres: OnPostgres, start_server: StartServer) -> ServerProcess:
    """The server, running; it has made its tables."""
    return start_server(engine_on_postgres, options=Options(retry_timeout=5_000))


@pytest.fixture
def client(server: ServerProcess) -> Iterator[Client]:
    """A client of the server."""
    with Client(server.url) as client:
        yield client


@pytest.fixture
def sql(server: ServerProcess, database: Address) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection of the test's own, to look and to prepare; the tables are there."""
    assert server.process.poll() is None
    with connect(database) as connection:
        yield connection
