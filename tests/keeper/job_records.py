"""Jobs and questions on a server, and the keeper's queries about them, on each database that a server may have."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from msgspec import structs

from contract.answers import JobState
from contract.job import DocumentJob
from contract.keeper import JobQuery, Position
from contract.names import promise_id
from durable.wire.answers import OnePromise
from durable.wire.client import Client
from durable.wire.clock import Clock
from durable.wire.fields import SettledBy
from durable.wire.records import Value
from durable.wire.requests import NAME_TAG, PromiseCreate, PromiseRegisterCallback, PromiseSettle
from keeper.database import Database, OutageLog
from keeper.periodic_tasks import run_periodically
from keeper.queries.postgres import PLANS_BY_INDEX, PostgresStatements
from keeper.queries.sql_job_index import SqlJobIndex
from keeper.queries.sqlite import SqliteFile, SqliteIndexBuilder
from keeper.settings import DatabaseAddress
from lambdas.trigger.submit import record_job
from tests.waiting import TIMEOUT_SECONDS, wait_until

from .task_runs import create_indexes
from .trees import FAR_DEADLINE_MS

type Ask[T] = Callable[[SqlJobIndex], Awaitable[T]]


@dataclass(frozen=True)
class SqliteDatabase:
    """The file of a server on this machine."""

    file: Path

    def ask[T](self, ask: Ask[T]) -> T:
        """Ask as the keeper on a laptop does."""

        async def run() -> T:
            builder = SqliteIndexBuilder(self.file)
            await run_periodically(builder)
            with closing(SqliteFile(self.file, builder.conditions)) as statements:
                return await ask(SqlJobIndex(statements))

        return asyncio.run(run())

    def clear(self) -> None:
        """Delete all rows. The server may run."""
        with closing(sqlite3.connect(self.file, timeout=TIMEOUT_SECONDS)) as connection, connection:
            tables = connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*'"
            )
            for (table,) in tables.fetchall():
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - the server's own names

    def close(self) -> None:
        """Do nothing: each question opens the file anew."""


class PostgresDatabase:
    """The database of the hosted server, on one connection until it is closed."""

    def __init__(self, address: DatabaseAddress) -> None:
        """Connect and create the indexes with the first question."""
        self._address: Final = address
        self._runner: Final = asyncio.Runner()
        self._database: Final = Database(address, OutageLog(), statement_ms=0, lock_ms=0, options=PLANS_BY_INDEX)
        self._has_indexes = False

    def ask[T](self, ask: Ask[T]) -> T:
        """Ask as the keeper beside the hosted server does."""
        if not self._has_indexes:
            create_indexes(self._address)
            self._has_indexes = True
        return self._runner.run(_ask(PostgresStatements(self._database), ask))

    def close(self) -> None:
        """Close the connection."""
        self._runner.run(self._database.close())
        self._runner.close()


async def _ask[T](statements: PostgresStatements, ask: Ask[T]) -> T:
    return await ask(SqlJobIndex(statements))


@dataclass(frozen=True)
class JobRecords:
    """A server with jobs, and its database."""

    client: Client
    database: SqliteDatabase | PostgresDatabase

    def submit(self, name: str, *, requester: str = "me", type_: str = "invoice", **tags: str) -> str:
        """Record a job as the trigger does, and return its id."""
        job = DocumentJob(job_id=name, document_url="https://example.com/a.pdf", requester_id=requester, type=type_)
        record_job(job, self.client, Clock(), tags=tags)
        return name

    def wait_out_millisecond(self, promise: str) -> int:
        """Return when a promise was created, once that millisecond is over: what is created next is newer."""
        created = self.client.get(promise).created_at
        wait_until(lambda: time.time() * 1_000 > created + 1, "the next millisecond begins")
        return created

    def end(self, job: str, state: SettledBy, value: object = None) -> None:
        """Settle a job as a worker does."""
        self.client.settle(PromiseSettle(id=promise_id(job), state=state, value=Value.encode(value)))

    def ask_question(self, job: str, number: int = 1, *, name: str = "ask_for_more", is_awaited: bool = True) -> str:
        """Make a promise as `ctx.promise()` does, and let the job wait for it."""
        root = promise_id(job)
        tags = {"resonate:origin": root, "resonate:branch": root, "resonate:parent": root, "resonate:scope": "global"}
        question = f"{root}:{number}"
        self.client.create(PromiseCreate(id=question, timeout_at=FAR_DEADLINE_MS, tags={**tags, NAME_TAG: name}))
        if is_awaited:
            self.client.ask(PromiseRegisterCallback(awaited=question, awaiter=root), OnePromise)
        return question

    def begin_step(self, job: str, number: int) -> str:
        """Make a promise as `ctx.run()` does: a step of the job is under way."""
        root = promise_id(job)
        step = f"{root}:{number}"
        tags = {"resonate:origin": root, "resonate:branch": root, "resonate:parent": root, "resonate:scope": "local"}
        self.client.create(PromiseCreate(id=step, timeout_at=FAR_DEADLINE_MS, tags=tags))
        return step

    def list_pages(self, query: JobQuery) -> list[list[str]]:
        """Return the ids of all jobs that a query finds, by page."""
        pages: list[list[str]] = []
        after: Position | None = query.after
        while True:
            page = self.database.ask(lambda index, after=after: index.list_jobs(_from(query, after)))  # type: ignore[misc]
            pages.append([job.id for job in page.rows])
            after = page.after
            if after is None:
                return pages

    def find(self, **filters: object) -> set[str]:
        """Return the ids of all jobs to which the filters apply."""
        return {job for page in self.list_pages(JobQuery(**filters)) for job in page}  # type: ignore[arg-type]

    def find_state(self, state: str) -> set[str]:
        """Return the ids of all jobs in a state."""
        return self.find(state=JobState(state))


def _from(query: JobQuery, after: Position | None) -> JobQuery:
    return structs.replace(query, after=after)
