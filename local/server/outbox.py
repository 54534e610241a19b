"""The messages that follow from a change, written in its transaction and sent after it.

A message leaves the table before it is delivered: at most once. What is lost on the way is repaired by the task's
re-send timer, as in the real server.
"""

import sqlite3

from wire.answers import Outgoing
from wire.messages import Execute, ExecuteData, MessageHead, TaskRef, Unblock, UnblockData

from .rows import PROMISE, Row, promise_of


class Outbox:
    """The two tables of waiting messages; `may_hold_some` is False only when both are surely empty."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Assume that a former run left messages."""
        self.sql = connection.execute
        self.may_hold_some = True

    def put_execute(self, task_id: str, version: int, address: str) -> None:
        """A task waits: one message a task, the newest version."""
        self.sql(
            "INSERT INTO executes (id, version, address) VALUES (?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET version = excluded.version, address = excluded.address",
            (task_id, version, address),
        )
        self.may_hold_some = True

    def put_unblock(self, promise_id: str, address: str) -> None:
        """A promise is settled: one message a listener."""
        self.sql("INSERT OR IGNORE INTO unblocks (id, address) VALUES (?, ?)", (promise_id, address))
        self.may_hold_some = True

    def take(self, count: int, head: MessageHead) -> list[Outgoing]:
        """Claim up to `count` messages of each sort, the oldest first, executes before unblocks."""
        executes = self._claim("executes", "id, version, address", count)
        unblocks = self._claim("unblocks", "id, address", count)
        self.may_hold_some = max(len(executes), len(unblocks)) >= count
        return [
            *(Outgoing(address=a, message=_execute(i, v, head)) for i, v, a in executes),
            *(Outgoing(address=a, message=self._unblock(i)) for i, a in unblocks),
        ]

    def peek(self) -> list[Outgoing]:
        """Show what waits, by id, and leave it."""
        executes = self.sql("SELECT id, version, address FROM executes ORDER BY id")
        unblocks = self.sql("SELECT id, address FROM unblocks ORDER BY id, address").fetchall()
        return [
            *(Outgoing(address=a, message=_execute(i, v, MessageHead())) for i, v, a in executes),
            *(Outgoing(address=a, message=self._unblock(i)) for i, a in unblocks),
        ]

    def _claim(self, table: str, columns: str, count: int) -> list[Row]:
        rows = self.sql(f"SELECT seq, {columns} FROM {table} ORDER BY seq LIMIT ?", (count,)).fetchall()
        if rows:
            self.sql(f"DELETE FROM {table} WHERE seq <= ?", (rows[-1][0],))
        return [row[1:] for row in rows]

    def _unblock(self, promise_id: str) -> Unblock:
        # The record as it is now: a settled promise no longer changes.
        [row] = self.sql(f"SELECT {PROMISE} FROM promises WHERE id = ?", (promise_id,))
        return Unblock(head=MessageHead(), data=UnblockData(promise=promise_of(row)))


def _execute(task_id: str, version: int, head: MessageHead) -> Execute:
    return Execute(head=head, data=ExecuteData(task=TaskRef(id=task_id, version=version)))
