"""A list reads as much among many jobs as among few: no query walks the table."""

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Final

from keeper.queries.counting import CountLimits
from keeper.queries.postgres import PLANS_BY_INDEX
from keeper.queries.sql_job_index import SqlJobIndex
from keeper.queries.sqlite import SqliteIndexBuilder
from keeper.settings import DatabaseAddress

from .many_jobs import CountingPostgres, CountingSqlite, fill_postgres, fill_sqlite, list_queries
from .task_runs import create_indexes, run_on_database
from .trees import Sql

FEW_JOBS: Final = 2_400  # so that each page is full: one job in a hundred waits
PAGE_SIZE: Final = 10
MANY_JOBS: Final = 7_200
# An index may get a level, and a page of the table holds a row of another job less.
MAX_GROWTH: Final = 1.5


MAX_PAGES: Final = 400  # of 8 kB; the table has 5,000


async def count_reads(statements: CountingPostgres | CountingSqlite) -> dict[str, int]:
    index, counts = SqlJobIndex(statements, CountLimits(jobs=PAGE_SIZE)), {}
    for name, ask in list_queries(FEW_JOBS, PAGE_SIZE).items():
        before = statements.count
        await ask(index)
        counts[name] = statements.count - before
    return counts


def find_growing(few: dict[str, int], many: dict[str, int]) -> dict[str, tuple[int, int]]:
    return {name: (few[name], many[name]) for name in few if many[name] > MAX_GROWTH * few[name] + 20}


def test_on_postgres_no_list_reads_more_among_more_jobs(sql: Sql, database: DatabaseAddress) -> None:
    create_indexes(database)

    def count() -> dict[str, int]:
        return run_on_database(
            database, lambda connection: count_reads(CountingPostgres(connection)), options=PLANS_BY_INDEX
        )

    fill_postgres(sql, 1, FEW_JOBS)
    few = count()
    fill_postgres(sql, FEW_JOBS + 1, MANY_JOBS)
    many = count()
    assert find_growing(few, many) == {}
    assert max(many.values()) < MAX_PAGES


def test_on_sqlite_no_list_takes_more_steps_among_more_jobs(tmp_path: Path) -> None:
    def count() -> dict[str, int]:
        async def run() -> dict[str, int]:
            builder = SqliteIndexBuilder(tmp_path / "server.db")
            await builder.run()
            with closing(CountingSqlite(tmp_path / "server.db", builder.conditions)) as statements:
                return await count_reads(statements)

        return asyncio.run(run())

    fill_sqlite(tmp_path, 1, FEW_JOBS)
    few = count()
    fill_sqlite(tmp_path, FEW_JOBS + 1, MANY_JOBS)
    assert find_growing(few, count()) == {}
