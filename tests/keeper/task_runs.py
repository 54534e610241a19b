"""Runs of the keeper's periodic tasks in the test's own process, at a time that the test sets."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from threading import Event

from keeper.clock import Clock
from keeper.database import Database, OutageLog
from keeper.history import HistoryCleaner
from keeper.indexes import IndexBuilder
from keeper.periodic_tasks import run_periodically
from keeper.settings import DatabaseAddress

from .trees import DAY_SECONDS


def run_on_database[T](
    address: DatabaseAddress,
    work: Callable[[Database], Awaitable[T]],
    *,
    statement_ms: int = 0,
    lock_ms: int = 0,
    options: str = "",
) -> T:
    """Do the work on a new connection."""

    async def run() -> T:
        database = Database(address, OutageLog(), statement_ms=statement_ms, lock_ms=lock_ms, options=options)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


async def sleep_briefly(_seconds: float) -> None:
    """Let other tasks run, and return."""
    await asyncio.sleep(0)


def clean_history(
    address: DatabaseAddress,
    *,
    now: float,
    retention: int = DAY_SECONDS,
    page_size: int = 500,
    statement_ms: int = 30_000,
) -> None:
    """Make one pass over old history as if the time were `now`."""
    clock = Clock(now=lambda: now, sleep=sleep_briefly)

    async def work(database: Database) -> None:
        await HistoryCleaner(database, retention=retention, interval=1, page_size=page_size, clock=clock).run()

    run_on_database(address, work, statement_ms=statement_ms, lock_ms=2_000)


def clean_history_until(address: DatabaseAddress, finished: Event, *, page_size: int) -> None:
    """Make one pass after another over all history that is settled."""
    clock = Clock(now=lambda: time.time() + 1, sleep=sleep_briefly)

    async def work(database: Database) -> None:
        cleaner = HistoryCleaner(database, retention=0, interval=1, page_size=page_size, clock=clock)
        while not finished.is_set():
            await cleaner.run()
            await asyncio.sleep(0.01)

    run_on_database(address, work, statement_ms=30_000, lock_ms=2_000)


def create_indexes(address: DatabaseAddress) -> None:
    """Create the indexes as the keeper does at its start."""

    async def work(database: Database) -> None:
        await run_periodically(IndexBuilder(database))

    run_on_database(address, work)
