"""The server's database as a thing that may be away: after a failover it is there again, and so are we.

It never decides how long to wait, and it never ends the program: who asks gets `Away` and asks again later. A statement
that is wrong is not `Away`; it ends the program, visibly.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final, LiteralString

from psycopg import AsyncConnection, InterfaceError, InternalError, OperationalError
from psycopg.errors import DeadlockDetected, LockNotAvailable, QueryCanceled, UndefinedTable

from .logs import say
from .settings import Address

# What the database refused to go on with while it was there: for the one who asked to understand.
REFUSED: Final = (QueryCanceled, LockNotAvailable, DeadlockDetected)
type Connection = AsyncConnection[tuple[object, ...]]
type Work[T] = Callable[[Connection], Awaitable[T]]


class Away(Exception):  # noqa: N818 # a state, not an error: it is expected and passes
    """The database, or what the server makes in it, is not there now."""


class Watch:
    """Says when the database goes and when it comes back: once, however many links try how often."""

    def __init__(self) -> None:
        self._gone_at: float | None = None

    def saw_gone(self, reason: object) -> None:
        """Take note of a failure."""
        if self._gone_at is None:
            self._gone_at = time.monotonic()
            say(logging.WARNING, "the database is away; trying until it is back", reason=str(reason).strip())

    def saw_there(self) -> None:
        """Take note of an answer."""
        if self._gone_at is not None:
            say(logging.INFO, "the database is back", seconds=round(time.monotonic() - self._gone_at, 1))
            self._gone_at = None


class Link:
    """One connection, opened when it is needed. Each statement is a transaction of its own, and ends within a limit."""

    def __init__(self, address: Address, watch: Watch, *, statement_ms: int, lock_ms: int) -> None:
        """0 is no limit."""
        self._address: Final = address
        self._watch: Final = watch
        self._options: Final = f"-c jit=off -c statement_timeout={statement_ms} -c lock_timeout={lock_ms}"
        self._connection: Connection | None = None

    async def run[T](self, work: Work[T]) -> T:
        """Do the work on the connection. It must bear being done twice: a kept connection may have died unnoticed."""
        if self._connection is not None:
            try:
                return await self._attempt(work)
            except Away:
                pass  # what is told is whether a new connection fails too
        try:
            result = await self._attempt(work)
        except Away as away:
            self._watch.saw_gone(away)
            raise
        self._watch.saw_there()
        return result

    async def rows(self, statement: LiteralString, **values: object) -> list[tuple[object, ...]]:
        """Run one statement and return what it returns."""

        async def ask(connection: Connection) -> list[tuple[object, ...]]:
            cursor = await connection.execute(statement, values)
            return await cursor.fetchall() if cursor.description else []

        return await self.run(ask)

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
        except REFUSED:
            raise
        except (OperationalError, InterfaceError, InternalError, UndefinedTable) as error:
            await self.close()
            raise Away(error) from error

    async def _open(self) -> Connection:
        return await AsyncConnection.connect(
            host=self._address.host,
            port=self._address.port,
            dbname=self._address.name,
            sslmode=self._address.sslmode,
            user=self._address.user,
            password=self._address.password,
            application_name="keeper",
            options=self._options,
            autocommit=True,
            prepare_threshold=None,  # plans follow the table as it grows
            connect_timeout=5,  # seconds
            # A peer that vanished is noticed after about 15 seconds; the system alone takes 15 minutes.
            keepalives_idle=6,
            keepalives_interval=3,
            tcp_user_timeout=15_000,  # milliseconds
        )
