"""What a list of 50 jobs costs among few and many: what the database reads for it, and the keeper's time for it.

The jobs are written into the database as the server writes them; the queries, their indexes and the sessions are the
keeper's own. Postgres tells the pages of 8 kB that it reads, SQLite the steps of its machine. Numbers are those of the
newest 1,000 jobs.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from keeper.database import Database
from keeper.queries.counting import CountLimits
from keeper.queries.postgres import PLANS_BY_INDEX, PostgresStatements
from keeper.queries.sql_job_index import SqlJobIndex
from keeper.queries.sqlite import SqliteFile, SqliteIndexBuilder
from local.server_process import find_real_program, start
from tests.keeper.many_jobs import CountingPostgres, CountingSqlite, fill_postgres, fill_sqlite, list_queries
from tests.keeper.postgres import NO_POSTGRES, Postgres, connect, find_postgres
from tests.keeper.task_runs import create_indexes, run_on_database

from .hosted_server import HostedProgram
from .report import format_table
from .scale import Scale

_PAGE_SIZE: Final = 50
_RUNS: Final = 21
_COUNT_LIMITS: Final = CountLimits(jobs=1_000, seconds=float("inf"))  # for numbers, at any size

type Reads = Mapping[str, tuple[int, float]]  # what each query read, and its median time in ms


def measure_lists(scale: Scale) -> str:
    """Pages of 50 jobs among few and many, on Postgres and on SQLite: what is read, and ms."""
    on_postgres = _measure_postgres(scale.jobs)
    tables = [on_postgres] if isinstance(on_postgres, str) else [_format("pages", scale.jobs, on_postgres)]
    return "\n\n".join([*tables, _format("steps", scale.jobs, _measure_sqlite(scale.jobs))])


def _format(unit: str, sizes: Sequence[int], measured: Sequence[Reads]) -> str:
    header = [column for size in sizes for column in (f"{size:,} jobs: {unit}", "ms")]
    rows = [
        (name, *(text for reads in measured for text in (f"{reads[name][0]:,}", f"{reads[name][1]:.1f}")))
        for name in measured[0]
    ]
    return format_table(("", *header), rows)


def _measure_postgres(sizes: Sequence[int]) -> list[Reads] | str:
    program, postgres = find_real_program(os.environ), find_postgres(os.environ)
    if program is None or postgres is None:
        return "Not measured: set RESONATE_BIN." if program is None else NO_POSTGRES
    measured = []
    with Postgres(postgres) as cluster, TemporaryDirectory() as folder:
        address = cluster.create("resonate")
        with start(HostedProgram(program.binary, address, {}), Path(folder)):
            pass  # it makes its tables
        create_indexes(address)
        with connect(address) as sql:
            for before, size in zip((0, *sizes), sizes, strict=False):
                fill_postgres(sql, before + 1, size)
                measured.append(
                    run_on_database(address, lambda db: _read_postgres(db, sizes[0]), options=PLANS_BY_INDEX)
                )
    return measured


async def _read_postgres(database: Database, jobs: int) -> Reads:
    return await _read(CountingPostgres(database), PostgresStatements(database), jobs)


def _measure_sqlite(sizes: Sequence[int]) -> list[Reads]:
    measured = []
    with TemporaryDirectory() as name:
        for before, size in zip((0, *sizes), sizes, strict=False):
            file = fill_sqlite(Path(name), before + 1, size)
            measured.append(asyncio.run(_read_sqlite(file, sizes[0])))
    return measured


async def _read_sqlite(file: Path, jobs: int) -> Reads:
    builder = SqliteIndexBuilder(file)
    await builder.run()
    with (
        closing(CountingSqlite(file, builder.conditions)) as counting,
        closing(SqliteFile(file, builder.conditions)) as plain,
    ):
        return await _read(counting, plain, jobs)


async def _read(
    counting: CountingPostgres | CountingSqlite, plain: PostgresStatements | SqliteFile, jobs: int
) -> Reads:
    reads = {}
    for name, ask in list_queries(jobs, _PAGE_SIZE).items():
        before = counting.count
        await ask(SqlJobIndex(counting, _COUNT_LIMITS))
        times = []
        for _ in range(_RUNS):
            began = time.perf_counter()
            await ask(SqlJobIndex(plain, _COUNT_LIMITS))
            times.append(1_000 * (time.perf_counter() - began))
        reads[name] = (counting.count - before, statistics.median(times))
    return reads
