"""The database: one SQLite file in a folder that one process may use. Timers are columns of their rows.

WAL with synchronous=NORMAL: commits survive a crash of the process; a power cut may lose the last moments but does not
damage the file. Every query uses an index, so that its cost does not grow with the data.
"""

import fcntl
import os
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import IO

# "rsnt": marks the file as ours.
APPLICATION_ID = 0x72736E74
LAYOUT = 2  # raise it with each change of SCHEMA, and migrate older files
BUSY_SECONDS = 1.0  # for which another program may lock the database; meanwhile nothing is answered
# A full check costs 0.1 s per 100 MB; larger files would delay the start.
MAX_CHECKED_BYTES = 512 * 2**20

SCHEMA = """
CREATE TABLE promises (
  id TEXT PRIMARY KEY, state TEXT NOT NULL, param TEXT NOT NULL, value TEXT NOT NULL DEFAULT '{}', tags TEXT NOT NULL,
  timeout_at INTEGER NOT NULL, created_at INTEGER NOT NULL, settled_at INTEGER,
  target TEXT, branch TEXT, is_timer INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX promises_due ON promises (timeout_at) WHERE state = 'pending';
CREATE INDEX promises_state ON promises (state, id);
CREATE INDEX promises_branch ON promises (branch) WHERE branch IS NOT NULL;
CREATE TABLE tags (
  tag_key TEXT NOT NULL, tag_value TEXT NOT NULL, promise_id TEXT NOT NULL,
  PRIMARY KEY (tag_key, tag_value, promise_id)) WITHOUT ROWID;
-- the promises whose tags are not in that table yet
CREATE TABLE untagged (seq INTEGER PRIMARY KEY, promise_id TEXT NOT NULL);

-- timer is the meaning of timeout_at: NULL none, 0 sending the message again, 1 the end of the lease
CREATE TABLE tasks (
  id TEXT PRIMARY KEY, state TEXT NOT NULL, version INTEGER NOT NULL, target TEXT NOT NULL,
  timer INTEGER, timeout_at INTEGER, ttl INTEGER, pid TEXT) WITHOUT ROWID;
CREATE INDEX tasks_due ON tasks (timer, timeout_at) WHERE timer IS NOT NULL;
CREATE INDEX tasks_state ON tasks (state, id);

CREATE TABLE callbacks (
  awaited TEXT NOT NULL, awaiter TEXT NOT NULL, ready INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (awaited, awaiter)) WITHOUT ROWID;
CREATE INDEX callbacks_awaiter ON callbacks (awaiter, ready);
CREATE TABLE listeners (id TEXT NOT NULL, address TEXT NOT NULL, PRIMARY KEY (id, address)) WITHOUT ROWID;

CREATE TABLE executes (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, address TEXT NOT NULL);
CREATE TABLE unblocks (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, address TEXT NOT NULL, UNIQUE (id, address));

CREATE TABLE schedules (
  id TEXT PRIMARY KEY, cron TEXT NOT NULL, promise_id TEXT NOT NULL, promise_timeout INTEGER NOT NULL,
  promise_param TEXT NOT NULL, promise_tags TEXT NOT NULL,
  created_at INTEGER NOT NULL, next_run_at INTEGER NOT NULL, last_run_at INTEGER) WITHOUT ROWID;
CREATE INDEX schedules_due ON schedules (next_run_at);
"""
# By the layout of the older file; each leads to the next.
MIGRATIONS = {1: "CREATE TABLE untagged (seq INTEGER PRIMARY KEY, promise_id TEXT NOT NULL);"}
TABLES = ("unblocks", "executes", "listeners", "callbacks", "tasks", "untagged", "tags", "promises", "schedules")


class UnusableError(Exception):
    """The data folder or the port cannot be used; the message has the reason and the remedy."""


class BusyError(Exception):
    """No transaction can begin, whatever it would do: another program has locked the database, or its disk fails."""


class Store:
    """The open database and the lock on its folder."""

    def __init__(self, folder: Path) -> None:
        """Open the folder's database; create it if missing. Raises UnusableError."""
        path = folder / "server.db"
        with ExitStack() as resources:
            resources.enter_context(_lock(folder))
            try:
                self.connection = _connect(path)
                resources.callback(self.connection.close)
                _check(self.connection, path)
            except sqlite3.OperationalError as error:
                raise UnusableError(f"{path} cannot be used: {error}") from error
            except sqlite3.DatabaseError as error:
                raise UnusableError(_describe_damage(path, str(error))) from error
            self._resources = resources.pop_all()
        self.sql = self.connection.execute

    def transaction(self) -> "OpenTransaction":
        """Commit the block, or roll it back if it raises. Raises BusyError before the block if it cannot begin."""
        return OpenTransaction(self.connection)

    def close(self) -> None:
        """Close the database and unlock the folder."""
        self._resources.close()


class OpenTransaction:
    """A block whose changes are committed together."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise BusyError(str(error)) from error

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.connection.execute("COMMIT")
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")


class MemoryStore(Store):
    """A database in memory, which ends with the process: for tests."""

    def __init__(self) -> None:
        self.connection = _connect(":memory:")
        self.connection.executescript(SCHEMA)
        self._resources = ExitStack()
        self._resources.callback(self.connection.close)
        self.sql = self.connection.execute


def _connect(path: Path | str) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, cached_statements=256)


def _lock(folder: Path) -> IO[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "server.lock").open("a+")
    except OSError as error:
        raise UnusableError(f"the data folder {folder} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        with lock:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
        raise UnusableError(
            f"another server (process {holder}) is using {folder}: stop it, or choose another folder with --data"
        ) from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a foreign, newer or damaged database; create the tables of an empty one."""
    [[application]] = connection.execute("PRAGMA application_id")
    [[layout]] = connection.execute("PRAGMA user_version")
    [[tables]] = connection.execute("SELECT count(*) FROM sqlite_schema")
    if tables and application != APPLICATION_ID:
        raise UnusableError(f"{path} is another program's database: choose another folder with --data")
    if layout > LAYOUT:
        raise UnusableError(
            f"{path} was written by a newer version of this server (layout {layout}, this one knows up to {LAYOUT}): "
            "run that version, or choose another folder with --data"
        )
    if path.stat().st_size <= MAX_CHECKED_BYTES:
        [[verdict]] = connection.execute("PRAGMA quick_check(1)")
        if verdict != "ok":
            raise UnusableError(_describe_damage(path, str(verdict)))
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA cache_size=-16000")  # KiB; enough for the hot pages of 100,000 promises
    changes = SCHEMA if not tables else "".join(MIGRATIONS[old] for old in range(layout, LAYOUT))
    if changes:
        header = f"PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={LAYOUT};"
        connection.executescript(f"BEGIN; {changes} {header} COMMIT;")


def _describe_damage(path: Path, reason: str) -> str:
    return (
        f"{path} is damaged ({reason.splitlines()[0]}): restore the folder from a copy, "
        "or move it away and start with an empty one"
    )
