"""The adapter for SQLite, on a laptop: the database that the embedded or the real server writes, opened read-only.

Statements run in a thread, one at a time, and each has a limit of work: a query that reads the whole table because an
index is missing is ended.
"""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from keeper.errors import AbortedError, UnavailableError

from .conditions import Conditions
from .dialects import EMBEDDED_SQLITE, REAL_SQLITE

_BUSY_SECONDS: Final = 1.0  # for which another program may lock the database
_MAX_STEPS: Final = 20_000_000  # steps of SQLite's machine: about a second; a page of 200 jobs takes 30,000
_CHECK_STEPS: Final = 100_000  # between two looks at the number of steps
_ABORTS: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT)
_PRIMARY_CODE: Final = 0xFF  # the bits of SQLite's longer codes that are the primary one
_RETRY_SECONDS: Final = 0.5


class SqliteFile:
    """Statements on one file; `conditions` are those of its schema."""

    def __init__(self, file: Path, conditions: Conditions, *, max_steps: int = _MAX_STEPS) -> None:
        self.conditions: Final = conditions
        self._file: Final = file
        self._max_steps: Final = max_steps
        self._connection: sqlite3.Connection | None = None
        self._lock: Final = asyncio.Lock()

    async def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        async with self._lock:
            return await asyncio.to_thread(self._run, statement, values)

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _run(self, statement: str, values: dict[str, object]) -> list[tuple[Any, ...]]:
        with _database_errors():
            if self._connection is None:
                self._connection = _open(self._file, "ro")
            self._limit_steps(self._connection)
            return self._connection.execute(statement, _encode(values)).fetchall()

    def _limit_steps(self, connection: sqlite3.Connection) -> None:
        checks = iter(range(self._max_steps // _CHECK_STEPS))
        connection.set_progress_handler(lambda: next(checks, None) is None, _CHECK_STEPS)


class SqliteIndexBuilder:
    """A periodic task that ends once the file has our indexes; then `conditions` are those of its schema.

    The server does not know of them, and SQLite keeps them up to date in the server's own transactions.
    """

    conditions: Conditions

    def __init__(self, file: Path) -> None:
        self._file: Final = file

    async def run(self) -> float | None:
        """Create the missing indexes. While another program has locked the database, try again."""
        try:
            self.conditions = await asyncio.to_thread(self._create)
        except AbortedError:
            return _RETRY_SECONDS
        return None

    def _create(self) -> Conditions:
        with _database_errors(), closing(_open(self._file, "rw")) as connection:
            conditions = _read_schema(connection)
            known = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'index'")}
            for name, definition in conditions.indexes().items():
                if name not in known:
                    connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON promises {definition}")
            return conditions


def _read_schema(connection: sqlite3.Connection) -> Conditions:
    """Tell by a column which server has made the tables."""
    columns = {row[1] for row in connection.execute("PRAGMA table_info(callbacks)")}
    if not columns:
        raise UnavailableError("the server has not made its tables yet")
    return Conditions(EMBEDDED_SQLITE if EMBEDDED_SQLITE.awaited in columns else REAL_SQLITE)


def _open(file: Path, mode: str) -> sqlite3.Connection:
    """Open a file that exists; one connection is used by one thread at a time."""
    address = f"file:{quote(str(file))}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def _encode(values: dict[str, object]) -> dict[str, Any]:
    """Return the values of parameters: a list is one of texts, as JSON."""
    return {name: json.dumps(value) if isinstance(value, list) else value for name, value in values.items()}


@contextmanager
def _database_errors() -> Iterator[None]:
    """Distinguish an aborted statement from an unavailable database; a wrong statement is neither."""
    try:
        yield
    except sqlite3.OperationalError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        if code & _PRIMARY_CODE in _ABORTS:
            raise AbortedError(str(error)) from error
        if code == sqlite3.SQLITE_ERROR and not str(error).startswith("no such"):
            raise
        raise UnavailableError(str(error)) from error
    except sqlite3.DatabaseError as error:  # damaged, or no database
        raise UnavailableError(str(error)) from error
