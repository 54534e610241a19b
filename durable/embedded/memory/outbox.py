"""The messages that a change causes: kept in its transaction, sent after it.

Those that are sent at the end of their own transaction are never written to the database; the others wait there. A
message is deleted before its delivery, so it is delivered at most once. A lost message is sent again when the task's
retry timeout ends, as in the real server.
"""

import logging
import sqlite3
from collections.abc import Iterator

from durable.embedded.rows import PROMISE, Row, decode_promise
from durable.wire.answers import Outgoing
from durable.wire.messages import Execute, ExecuteData, MessageHead, TaskRef, Unblock, UnblockData

log = logging.getLogger(__name__)


class Outbox:
    """The unsent messages: those of the open transaction in memory, older ones in two tables.

    `may_hold_some` is False only if the tables are empty.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Assume that a former process left messages."""
        self.sql = connection.execute
        self.sql_many = connection.executemany
        self.may_hold_some = True
        self._executes: dict[str, tuple[int, str]] = {}  # version and address by the task's id
        self._unblocks: dict[tuple[str, str], None] = {}  # the promise's id and the address

    def put_execute(self, task_id: str, version: int, address: str) -> None:
        """Announce a pending task: at most one message per task, with the newest version."""
        self._executes[task_id] = (version, address)

    def put_unblock(self, promise_id: str, address: str) -> None:
        """Announce a settled promise: one message per listener."""
        self._unblocks[promise_id, address] = None

    def take(self, count: int, head: MessageHead) -> list[Outgoing]:
        """Remove and return up to `count` messages of each kind, oldest first, executes before unblocks."""
        if not (self.may_hold_some or self._executes or self._unblocks):
            return []
        if self.may_hold_some or max(len(self._executes), len(self._unblocks)) > count:
            self.write()
            executes = self._claim("executes", "id, version, address", count)
            unblocks = self._claim("unblocks", "id, address", count)
            self.may_hold_some = max(len(executes), len(unblocks)) >= count
        else:
            executes = [(task_id, *rest) for task_id, rest in self._executes.items()]
            unblocks = [*self._unblocks]
            self._clear()
        return [
            *(Outgoing(address=a, message=_execute(i, v, head)) for i, v, a in executes),
            *self._read_unblocks(unblocks),
        ]

    def write(self) -> None:
        """Write the messages of this transaction to the tables, for a later one."""
        if not (self._executes or self._unblocks):
            return
        self.sql_many(
            "INSERT INTO executes (id, version, address) VALUES (?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET version = excluded.version, address = excluded.address",
            [(task_id, *rest) for task_id, rest in self._executes.items()],
        )
        self.sql_many("INSERT OR IGNORE INTO unblocks (id, address) VALUES (?, ?)", [*self._unblocks])
        self._clear()
        self.may_hold_some = True

    def forget(self) -> None:
        """Drop the messages of a rolled-back transaction. The rollback has returned the taken ones to the tables."""
        self._clear()
        self.may_hold_some = True

    def _clear(self) -> None:
        self._executes.clear()
        self._unblocks.clear()

    def peek(self) -> list[Outgoing]:
        """Return all messages by id, without removing them."""
        self.write()
        executes = self.sql("SELECT id, version, address FROM executes ORDER BY id")
        unblocks = self.sql("SELECT id, address FROM unblocks ORDER BY id, address").fetchall()
        return [
            *(Outgoing(address=a, message=_execute(i, v, MessageHead())) for i, v, a in executes),
            *(Outgoing(address=a, message=self._make_unblock(i)) for i, a in unblocks),
        ]

    def _read_unblocks(self, rows: list[Row]) -> Iterator[Outgoing]:
        """Yield the messages whose promise can be read: the others must not fail every request of every client."""
        for promise_id, address in rows:
            try:
                yield Outgoing(address=address, message=self._make_unblock(promise_id))
            except Exception:
                log.exception("a message about promise %s was dropped", promise_id)

    def _claim(self, table: str, columns: str, count: int) -> list[Row]:
        rows = self.sql(f"SELECT seq, {columns} FROM {table} ORDER BY seq LIMIT ?", (count,)).fetchall()
        if rows:
            self.sql(f"DELETE FROM {table} WHERE seq <= ?", (rows[-1][0],))
        return [row[1:] for row in rows]

    def _make_unblock(self, promise_id: str) -> Unblock:
        # The current record: a settled promise no longer changes.
        [row] = self.sql(f"SELECT {PROMISE} FROM promises WHERE id = ?", (promise_id,))
        return Unblock(head=MessageHead(), data=UnblockData(promise=decode_promise(row)))


def _execute(task_id: str, version: int, head: MessageHead) -> Execute:
    return Execute(head=head, data=ExecuteData(task=TaskRef(id=task_id, version=version)))
