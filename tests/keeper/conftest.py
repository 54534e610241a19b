"""A Postgres for the keeper tests of a process, a database for each test, and the real server on it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from durable.wire.client import Client
from keeper.settings import DatabaseAddress
from local.server_process import HOST, ROOT, EmbeddedProgram, Options, ServerProcess, free_port
from tests.conftest import NEEDS_REAL, REAL, StartServer

from .job_records import JobRecords, PostgresDatabase, SqliteDatabase
from .postgres import NO_POSTGRES, Postgres, connect, database_url, find_postgres

NO_SERVER = (
    "NO REAL SERVER: the keeper was not tested on its database, nor its entry point. Name its program in RESONATE_BIN."
)
END_SESSIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid != pg_backend_pid()"
)
PROGRAMS = find_postgres(os.environ)
DATABASES = [
    pytest.param("embedded", id="embedded"),
    pytest.param("real", id="real on SQLite", marks=NEEDS_REAL),
    pytest.param("postgres", id="real on Postgres", marks=NEEDS_REAL),
]


@dataclass(frozen=True)
class ServerOnPostgres:
    """The real server on a Postgres database, with a metrics port."""

    binary: Path
    database: DatabaseAddress
    metrics_port: int = 0
    root: Path = ROOT
    name: str = "real on Postgres"

    @property
    def metrics_url(self) -> str:
        """The url of its counters."""
        return f"http://{HOST}:{self.metrics_port}/metrics"

    def command(self, folder: Path, port: int, options: Options) -> list[str]:  # noqa: ARG002 its data is in Postgres
        """Return the command line, with the cloud's settings as options."""
        return [
            *(str(self.binary), "serve", "--level", "error", "--server-bind", HOST, "--server-port", str(port)),
            *("--server-url", f"http://{HOST}:{port}", "--observability-metrics-port", str(self.metrics_port)),
            *("--storage-type", "postgres", "--storage-postgres-url", database_url(self.database)),
            *("--tasks-retry-timeout", str(options.retry_timeout)),
            *("--messages-poll-interval", str(options.messages_interval)),
        ]


@pytest.fixture(scope="package")
def postgres() -> Iterator[Postgres]:
    """One cluster for the tests of this folder."""
    if PROGRAMS is None:
        pytest.skip(NO_POSTGRES)
    with Postgres(PROGRAMS) as cluster:
        yield cluster


@pytest.fixture(scope="package")
def kept_database(postgres: Postgres) -> DatabaseAddress:
    """One database for the tests of this folder: to make and drop one takes longer than most of them."""
    return postgres.create("test")


@pytest.fixture
def database(kept_database: DatabaseAddress) -> DatabaseAddress:
    """The database, empty and without sessions."""
    with connect(kept_database) as admin:
        admin.execute(END_SESSIONS)
        admin.execute("DROP SCHEMA public CASCADE")
        admin.execute("CREATE SCHEMA public")
    return kept_database


@pytest.fixture
def server_on_postgres(database: DatabaseAddress) -> ServerOnPostgres:
    """A server, not started, that uses the test's database."""
    if REAL is None:
        pytest.skip(NO_SERVER)
    return ServerOnPostgres(REAL.binary, database, free_port())


@pytest.fixture
def server(server_on_postgres: ServerOnPostgres, start_server: StartServer) -> ServerProcess:
    """The running server, which has made its tables."""
    return start_server(server_on_postgres, options=Options(retry_timeout=5_000))


@pytest.fixture
def client(server: ServerProcess) -> Iterator[Client]:
    """A client of the server."""
    with Client(server.url) as client:
        yield client


@pytest.fixture
def sql(server: ServerProcess, database: DatabaseAddress) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection for the test itself; the server's tables exist."""
    assert server.process.poll() is None
    with connect(database) as connection:
        yield connection


@pytest.fixture(params=DATABASES)
def records(request: pytest.FixtureRequest, start_server: StartServer, tmp_path: Path) -> Iterator[JobRecords]:
    """A server of each kind, without jobs."""
    database: SqliteDatabase | PostgresDatabase
    if request.param == "postgres":
        program: ServerOnPostgres = request.getfixturevalue("server_on_postgres")
        url, database = start_server(program).url, PostgresDatabase(program.database)
    else:
        server_program = EmbeddedProgram() if request.param == "embedded" else REAL
        assert server_program
        url = start_server(server_program, folder=tmp_path).url
        database = SqliteDatabase(tmp_path / ("server.db" if request.param == "embedded" else "resonate.db"))
    with Client(url) as client:
        yield JobRecords(client, database)
