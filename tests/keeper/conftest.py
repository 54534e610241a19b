"""A Postgres for the keeper tests of a process, the real server on it, and an empty database beside the server's."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from durable.wire.client import Client
from keeper.settings import DatabaseAddress
from local.server_process import EmbeddedProgram, ServerProcess, free_port
from tests import warm_start
from tests.conftest import NEEDS_REAL, REAL, StartServer

from .job_records import JobRecords, PostgresDatabase, SqliteDatabase
from .kept_server import KeptServer, ServerOnPostgres
from .postgres import NO_POSTGRES, Postgres, connect, find_postgres

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
def empty_database(kept_database: DatabaseAddress) -> DatabaseAddress:
    """A database without tables and without sessions."""
    with connect(kept_database) as admin:
        admin.execute(END_SESSIONS)
        admin.execute("DROP SCHEMA public CASCADE")
        admin.execute("CREATE SCHEMA public")
    return kept_database


@pytest.fixture
def server_without_tables(empty_database: DatabaseAddress) -> ServerOnPostgres:
    """A server, not started, whose database is empty."""
    if REAL is None:
        pytest.skip(NO_SERVER)
    return ServerOnPostgres(REAL.binary, empty_database, free_port())


@pytest.fixture(scope="package")
def kept_server(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptServer]:
    """One server on a database of its own for the tests of this folder: its start takes longer than most of them."""
    if REAL is None:
        pytest.skip(NO_SERVER)
    program = ServerOnPostgres(REAL.binary, postgres.create("served"), free_port())
    with KeptServer(program, tmp_path_factory.mktemp("kept-server")) as kept:
        yield kept


@pytest.fixture
def server(kept_server: KeptServer) -> ServerProcess:
    """The running server, whose tables are empty and as it has made them."""
    return kept_server.begin()


@pytest.fixture
def database(kept_server: KeptServer, server: ServerProcess) -> DatabaseAddress:
    """The server's database."""
    assert server.process.poll() is None
    return kept_server.program.database


@pytest.fixture
def server_on_postgres(kept_server: KeptServer) -> ServerOnPostgres:
    """The program of the running server: its counters, and how a test that has killed it starts it again."""
    return kept_server.program


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


@pytest.fixture(scope="package")
def server_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, SqliteDatabase]]:
    """The real server on a file, and the file, for the tests of this folder."""
    assert REAL
    folder = tmp_path_factory.mktemp("server-on-sqlite")
    with warm_start.start_server(REAL, folder) as server:
        yield server, SqliteDatabase(folder / REAL.database)


@pytest.fixture(params=DATABASES)
def records(request: pytest.FixtureRequest, start_server: StartServer, tmp_path: Path) -> Iterator[JobRecords]:
    """A server of each kind, without jobs."""
    server: ServerProcess
    database: SqliteDatabase | PostgresDatabase
    if request.param == "postgres":
        server = request.getfixturevalue("server")
        database = PostgresDatabase(request.getfixturevalue("database"))
    elif request.param == "real":
        server, file = request.getfixturevalue("server_on_sqlite")
        file.clear()
        database = file
    else:
        program = EmbeddedProgram()
        server, database = start_server(program, folder=tmp_path), SqliteDatabase(tmp_path / program.database)
    with Client(server.url) as client, closing(database):
        yield JobRecords(client, database)
