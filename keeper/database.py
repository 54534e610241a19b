"""The server's database, which may be unavailable for a while, as during a failover.

A failed statement raises `UnavailableError` if the database is unavailable; the caller decides when to retry. A wrong
statement raises Postgres' own error, which ends the program visibly.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final, LiteralString

from psycopg import AsyncConnection, InterfaceError, InternalError, OperationalError
from psycopg.errors import DeadlockDetected, LockNotAvailable, QueryCanceled, UndefinedTable

from .errors import UnavailableError
from .logs import log_event
from .settings import DatabaseAddress

# The database is available and has aborted one statement, at a limit or for another transaction.
STATEMENT_ABORTS: Final = (QueryCanceled, LockNotAvailable, DeadlockDetected)
type Connection = AsyncConnection[tuple[object, ...]]
type Work[T] = Callable[[Connection], Awaitable[T]]


class OutageLog:
    """Logs the start and the end of each outage once, for any number of connections and attempts."""

    def __init__(self) -> None:
        self._began_at: float | None = None

    def note_failure(self, reason: object) -> None:
        """Log the start of an outage, unless one is known."""
        if self._began_at is None:
            self._began_at = time.monotonic()
            log_event(logging.WARNING, "database unavailable; retrying", reason=str(reason).strip())

    def note_success(self) -> None:
        """Log the end of an outage, if one is known."""
        if self._began_at is not None:
            log_event(logging.INFO, "database available again", seconds=round(time.monotonic() - self._began_at, 1))
            self._began_at = None


class Database:
    """One connection, opened on demand. Each statement is a transaction of its own, with a time limit."""

    def __init__(
        self, address: DatabaseAddress, outages: OutageLog, *, statement_ms: int, lock_ms: int, options: str = ""
    ) -> None:
        """Set the limits of statements and of waits for locks, 0 for none, and more options of the sessions."""
        self._address: Final = address
        self._outages: Final = outages
        self._options: Final = f"-c jit=off -c statement_timeout={statement_ms} -c lock_timeout={lock_ms} {options}"
        self._connection: Connection | None = None

    async def run[T](self, work: Work[T]) -> T:
        """Do idempotent work on the connection: it runs again on a new one if the kept one has broken."""
        if self._connection is not None:
            try:
                return await self._attempt(work)
            except UnavailableError:
                pass  # only the failure of a new connection counts as an outage
        try:
            result = await self._attempt(work)
        except UnavailableError as error:
            self._outages.note_failure(error)
            raise
        self._outages.note_success()
        return result

    async def rows(self, statement: LiteralString, **values: object) -> list[tuple[object, ...]]:
        """Run one statement and return its rows."""

        async def execute(connection: Connection) -> list[tuple[object, ...]]:
            cursor = await connection.execute(statement, values)
            return await cursor.fetchall() if cursor.description else []

        return await self.run(execute)

    async def close(self) -> None:
        """Close the connection; the next work opens another."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _attempt[T](self, work: Work[T]) -> T:
        try:
            if self._connection is None:
                self._connection = await self._open()
            return await work(self._connection)
        except STATEMENT_ABORTS:
            raise
        except (OperationalError, InterfaceError, InternalError, UndefinedTable) as error:
            await self.close()
            raise UnavailableError(error) from error

    async def _open(self) -> Connection:
        return await AsyncConnection.connect(
            host=self._address.host,
            port=self._address.port,
            dbname=self._address.name,
            sslmode=self._address.sslmode,
            sslrootcert=self._address.sslrootcert,
            user=self._address.user,
            password=self._address.password,
            application_name="keeper",
            options=self._options,
            autocommit=True,
            prepare_threshold=None,  # so that plans follow the growth of the tables
            connect_timeout=5,  # seconds
            # A vanished peer is detected after about 15 seconds; the operating system alone takes 15 minutes.
            keepalives_idle=6,
            keepalives_interval=3,
            tcp_user_timeout=15_000,  # milliseconds
        )
