"""A server on Postgres that many tests use one after another: each finds empty tables, as the server has made them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from psycopg import sql
from psycopg.errors import DeadlockDetected, LockNotAvailable

from keeper.settings import DatabaseAddress
from local.server_process import HOST, ROOT, Options, ServerProcess
from tests import warm_start
from tests.waiting import wait_until

from .postgres import SESSION_NAME, connect, database_url
from .trees import Sql

_OPTIONS: Final = Options(retry_timeout=5_000)
_END_SESSIONS: Final = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid != pg_backend_pid() AND application_name IN ('keeper', %s)
"""
# Everything in the schema that a test may change, with the ids that a replacement would not have.
_READ_SCHEMA: Final = """
    SELECT row(oid, relname, reloptions)::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT pg_attribute::text FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid
        WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT pg_trigger::text FROM pg_trigger
    UNION ALL SELECT row(oid, proname)::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    ORDER BY 1
"""
_FIND_INDEXES: Final = "SELECT relname FROM pg_class WHERE relkind = 'i' AND relname ^@ 'keeper_'"
_FIND_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_FORGET_STATISTICS: Final = """
    DELETE FROM pg_statistic USING pg_class
    WHERE starelid = pg_class.oid AND relnamespace = 'public'::regnamespace
"""
_LIMIT_LOCKS: Final = "SET lock_timeout = 200"  # in ms: the server may hold one table and wait for another


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


class KeptServer:
    """The server and its database. The end of a `with` block stops it."""

    def __init__(self, program: ServerOnPostgres, folder: Path) -> None:
        """Start nothing yet; the folder is for the server's log."""
        self.program: Final = program
        self._folder: Final = folder
        self._server: ServerProcess | None = None
        self._schema: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._server:
            self._server.kill()

    def begin(self) -> ServerProcess:
        """Return the running server with empty tables; start it if the test before has killed it or changed them."""
        with connect(self.program.database) as admin:
            admin.execute(_END_SESSIONS, [SESSION_NAME])
            admin.execute(_LIMIT_LOCKS)
            wait_until(lambda: _is_emptied(admin), "the tables are empty")
            if not self._schema or _read_schema(admin) != self._schema:
                self._make_tables(admin)
        server = self._server
        if server is None or server.has_ended:
            server = self._start()
        return server

    def _start(self) -> ServerProcess:
        self._server = warm_start.start_server(self.program, self._folder, options=_OPTIONS)
        return self._server

    def _make_tables(self, admin: Sql) -> None:
        """Have the server make all of them anew."""
        if self._server:
            self._server.kill()
        admin.execute("RESET lock_timeout")
        admin.execute("DROP SCHEMA public CASCADE")
        admin.execute("CREATE SCHEMA public")
        self._start()
        self._schema = _read_schema(admin)


def _read_schema(admin: Sql) -> list[str]:
    return [str(line) for (line,) in admin.execute(_READ_SCHEMA)]


def _is_emptied(admin: Sql) -> bool:
    """Whether all rows, the keeper's indexes and the statistics have been removed."""
    try:
        for statement, kind in ((_FIND_INDEXES, "DROP INDEX {}"), (_FIND_TABLES, "TRUNCATE {} RESTART IDENTITY")):
            if names := [sql.Identifier(str(name)) for (name,) in admin.execute(statement)]:
                admin.execute(sql.SQL(kind).format(sql.SQL(", ").join(names)))
    except (DeadlockDetected, LockNotAvailable):
        return False
    admin.execute(_FORGET_STATISTICS)
    return True
