"""The group `db`: durable workflows before a database that no other service reaches."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from durable import Context, PermanentError, Workflow, step

from .agreement import Account, Outcome, Saved, get_account, save_outcome

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS accounts (id TEXT PRIMARY KEY, owner TEXT NOT NULL, cents INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS outcomes (job TEXT PRIMARY KEY, outcome TEXT NOT NULL);
INSERT OR IGNORE INTO accounts VALUES ('a1', 'Ada', 12500), ('a2', 'Ben', -300);
"""


class Database:
    """The workflows for one database."""

    def __init__(self, file: Path) -> None:
        self._file: Final = file
        with closing(sqlite3.connect(file)) as database:
            database.executescript(_SCHEMA)

    @property
    def workflows(self) -> list[Workflow[..., Any]]:
        """All of them, for a worker of the group or for a function."""
        return [self.get_account, self.save_outcome]

    @get_account.served
    async def get_account(self, ctx: Context, account_id: str) -> Account:
        """Read an account."""
        return await ctx.run(self.read_account, account_id)

    @save_outcome.served
    async def save_outcome(self, ctx: Context, job: str, outcome: Outcome) -> Saved:
        """Keep an outcome."""
        return await ctx.run(self.write_outcome, job, outcome)

    @step(timeout=5)
    async def read_account(self, account_id: str) -> Account:
        """Read a row."""
        sql = "SELECT id, owner, cents FROM accounts WHERE id = ?"
        rows = await asyncio.to_thread(self._execute, sql, account_id)
        if not rows:
            raise PermanentError("no_account", f"there is no account {account_id}")
        [(key, owner, cents)] = rows
        return Account(id=key, owner=owner, cents=cents)

    @step(timeout=5)
    async def write_outcome(self, job: str, outcome: Outcome) -> Saved:
        """Write a row; the job is its key, so a second time is harmless."""
        sql = "INSERT INTO outcomes VALUES (?, ?) ON CONFLICT DO NOTHING"
        await asyncio.to_thread(self._execute, sql, job, outcome.model_dump_json())
        return Saved(ok=True)

    def _execute(self, sql: str, *values: str) -> list[Any]:
        with closing(sqlite3.connect(self._file)) as database, database:
            return database.execute(sql, values).fetchall()
