# ruff: noqa: S608 - the statements are put together from our own constants
"""Many jobs, written into a database as the server writes them, and what the keeper's queries read there.

Of a hundred jobs, four are pending, of which one waits for a decision; five have failed, one is canceled, and the
others are done. Each has five steps. A fifth of the jobs, and all that wait, are of one requester, and so
is the first one, which waits for nothing.
"""

import json
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, cast

from contract.answers import JobState
from contract.keeper import CountQuery, DecisionQuery, JobQuery, NumbersQuery, Position, RecentQuery
from contract.names import ASK_FOR_MORE, ASK_REVIEWER
from contract.numbers import Period
from durable.embedded.store import Store
from keeper.database import Database
from keeper.queries.port import JobIndex
from keeper.queries.postgres import PostgresStatements
from keeper.queries.sqlite import SqliteFile

from .trees import FAR_DEADLINE_MS, Sql

BASE_MS: Final = 1_700_000_000_000  # the jobs are a second apart
_COUNT_STEPS: Final = 50
_STATE: Final = """CASE WHEN n % 100 < 4 THEN 'pending' WHEN n % 100 < 7 THEN 'rejected'
    WHEN n % 100 < 9 THEN 'rejected_timedout' WHEN n % 100 = 9 THEN 'rejected_canceled' ELSE 'resolved' END"""
_TYPE: Final = "CASE n % 4 WHEN 0 THEN 'invoice' WHEN 1 THEN 'contract' WHEN 2 THEN 'report' ELSE 'receipt' END"
_REQUESTER: Final = "CASE WHEN n % 5 = 0 OR n = 1 THEN 'mine' ELSE 'requester-' || (n % 97) END"
_LINEAGE: Final = """'resonate:origin', 'doc/job-' || n, 'resonate:branch', 'doc/job-' || n,
    'resonate:parent', 'doc/job-' || n"""
_TIMES: Final = f"{FAR_DEADLINE_MS}, {BASE_MS} + n * 1000"
_ROOTS: Final = f"""'doc/job-' || n, {_STATE},
    {{object}}({_LINEAGE}, 'resonate:scope', 'global', 'resonate:target', 'poll://any@documents',
    'longhand:kind', 'job', 'longhand:type', {_TYPE}, 'longhand:requester', {_REQUESTER},
    'longhand:batch', 'batch-' || (n / 1000)),
    {_TIMES}, CASE WHEN n % 100 < 4 THEN NULL ELSE {BASE_MS} + n * 1000 + 900 END FROM numbers"""
_STEPS: Final = f"""'doc/job-' || n || ':' || c, CASE WHEN n % 100 < 4 AND c = 5 THEN 'pending' ELSE 'resolved' END,
    {{object}}({_LINEAGE}, 'resonate:scope', 'local', 'durable:name', 'step-' || c), {_TIMES} + c,
    CASE WHEN n % 100 < 4 AND c = 5 THEN NULL ELSE {BASE_MS} + n * 1000 + c + 1 END
    FROM numbers CROSS JOIN (SELECT 1 AS c UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5) AS steps"""
_QUESTIONS: Final = f"""'doc/job-' || n || ':9', 'pending', {{object}}({_LINEAGE}, 'resonate:scope', 'global',
    'durable:name', CASE n % 200 WHEN 0 THEN '{ASK_FOR_MORE}' ELSE '{ASK_REVIEWER}' END), {_TIMES} + 9, NULL
    FROM numbers WHERE n % 100 = 0"""
_AWAITED_QUESTIONS: Final = "'doc/job-' || n || ':9', 'doc/job-' || n FROM numbers WHERE n % 100 = 0"
_COLUMNS: Final = "id, state, tags, timeout_at, created_at, settled_at"


def _number(first: int, last: int, selected: str, *, object_: str = "") -> str:
    """Return the rows of the jobs with these numbers."""
    numbers = f"numbers(n) AS (SELECT CAST({first} AS bigint) UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})"
    return f"WITH RECURSIVE {numbers} SELECT {selected.format(object=object_)}"


def fill_postgres(sql: Sql, first: int, last: int) -> None:
    """Add jobs with these numbers."""
    for kind in (_ROOTS, _STEPS, _QUESTIONS):
        rows = _number(first, last, kind, object_="jsonb_build_object")
        _run(sql, f"INSERT INTO promises ({_COLUMNS}) {rows}")
    _run(sql, f"INSERT INTO callbacks (awaited_id, awaiter_id) {_number(first, last, _AWAITED_QUESTIONS)}")
    _run(sql, "VACUUM ANALYZE promises")


def _run(sql: Sql, statement: str) -> None:
    sql.execute(cast("Any", statement))


def fill_sqlite(folder: Path, first: int, last: int) -> Path:
    """Add jobs with these numbers to the database of an embedded server that does not run."""
    Store(folder).close()
    file = folder / "server.db"
    target = "json_extract(tags, '$.\"resonate:target\"')"
    with closing(sqlite3.connect(file)) as connection, connection:
        for kind in (_ROOTS, _STEPS, _QUESTIONS):
            rows = f"WITH made ({_COLUMNS}) AS ({_number(first, last, kind, object_='json_object')})"
            made = f"SELECT {_COLUMNS}, '{{}}', {target}, 0 FROM made"
            connection.execute(f"INSERT INTO promises ({_COLUMNS}, param, target, is_timer) {rows} {made}")
        connection.execute(f"INSERT INTO callbacks (awaited, awaiter) {_number(first, last, _AWAITED_QUESTIONS)}")
    return file


class CountingPostgres(PostgresStatements):
    """Counts the pages of 8 kB that statements read."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.count = 0

    async def rows(self, statement: str, **values: object) -> Sequence[Sequence[Any]]:
        [[plan]] = await super().rows(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", **values)
        blocks = (plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]
        self.count += blocks["Shared Hit Blocks"] + blocks["Shared Read Blocks"]
        return await super().rows(statement, **values)


class CountingSqlite(SqliteFile):
    """Counts the steps of SQLite's machine."""

    count = 0

    def _limit_steps(self, connection: sqlite3.Connection) -> None:
        def add() -> int:
            self.count += _COUNT_STEPS
            return 0

        connection.set_progress_handler(add, _COUNT_STEPS)


type Ask = Callable[[JobIndex], Awaitable[object]]


def list_queries(jobs: int, limit: int) -> Mapping[str, Ask]:
    """Return queries of each kind for pages of a size; some go on in the middle of so many jobs."""
    middle = Position(created_at=BASE_MS + jobs * 500, id="doc/job-x")
    own = "mine"
    filters: Mapping[str, Mapping[str, Any]] = {
        "the newest": {},
        "done": {"state": JobState.DONE},
        "failed": {"state": JobState.FAILED},
        "processing": {"state": JobState.PROCESSING},
        "waiting": {"state": JobState.WAITING},
        "needsReview": {"state": JobState.NEEDS_REVIEW},
        "a type": {"type": "invoice"},
        "a requester": {"requester_id": own},
        "a requester, waiting": {"requester_id": own, "state": JobState.WAITING},
        "a type, canceled": {"type": "contract", "state": JobState.CANCELED},
        "the middle": {"after": middle},
        "failed, the middle": {"state": JobState.FAILED, "after": middle},
    }
    queries: dict[str, Ask] = {name: _ask_jobs(JobQuery(limit=limit, **given)) for name, given in filters.items()}
    queries["decisions"] = lambda index: index.list_decisions(DecisionQuery(limit=limit))
    queries["a requester's decisions"] = lambda index: index.list_decisions(
        DecisionQuery(requester_id=own, limit=limit)
    )
    queries["a requester's open jobs"] = lambda index: index.count_open(CountQuery(requester_id=own, most=limit))
    for name, requester in (("numbers", None), ("a requester's numbers", own)):
        query = NumbersQuery(since=0, until=FAR_DEADLINE_MS, period=Period.DAY, requester_id=requester)
        queries[name] = lambda index, query=query: index.read_numbers(query)  # type: ignore[misc]
    queries["a requester's recent jobs"] = lambda index: index.list_recent(
        RecentQuery(requester_id=own, since=BASE_MS, most=limit)
    )
    return queries


def _ask_jobs(query: JobQuery) -> Ask:
    return lambda index: index.list_jobs(query)
