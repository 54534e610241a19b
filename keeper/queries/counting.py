"""Reads the jobs for figures: along one index, the newest first, up to a limit.

Results are large, and only one number of each is needed. So they are read in windows within a time limit. A small
machine counts fewer jobs, and the count never delays the lists, which use the same connection.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from contract.keeper import NumbersQuery
from contract.names import Tag
from contract.numbers import MAX_COUNTED_JOBS

from .conditions import JOBS, JOBS_BY_REQUESTER, Conditions
from .figures import CountedJob
from .statements import Statements

MAX_VALUE_CHARACTERS: Final = 2**18  # the longest result; the cost of a longer one counts as unknown
_WINDOW: Final = 250  # jobs of one statement


@dataclass(frozen=True, kw_only=True)
class CountLimits:
    """How much of a stretch is read: at least one window."""

    jobs: int = MAX_COUNTED_JOBS
    seconds: float = 1.0  # the trigger waits for three
    now: Callable[[], float] = monotonic


async def read_jobs(statements: Statements, query: NumbersQuery, limits: CountLimits) -> tuple[list[CountedJob], int]:
    """Return the newest jobs of the stretch, and the time from which they are complete."""
    jobs: list[CountedJob] = []
    end = limits.now() + limits.seconds
    while not jobs or (len(jobs) < limits.jobs and limits.now() < end):
        after = jobs[-1] if jobs else None
        rows = await _read_window(statements, query, after)
        jobs += map(CountedJob.read, rows)
        if len(rows) < _WINDOW:
            return jobs, query.since
    return _leave_out_last_moment(jobs)


def _leave_out_last_moment(jobs: list[CountedJob]) -> tuple[list[CountedJob], int]:
    """Leave out the jobs of the last millisecond, which may have more than were read."""
    last = jobs[-1].created_at
    return [job for job in jobs if job.created_at != last], last + 1


async def _read_window(
    statements: Statements, query: NumbersQuery, after: CountedJob | None
) -> Sequence[Sequence[Any]]:
    given = {"since": query.since, "until": query.until, "longest": MAX_VALUE_CHARACTERS, "window": _WINDOW}
    place: dict[str, object] = {} if after is None else {"after_at": after.created_at, "after_id": after.id}
    own: dict[str, object] = {} if query.requester_id is None else {"requester": query.requester_id}
    statement = _make_statement(statements.conditions, is_first=after is None, is_own=bool(own))
    return await statements.rows(statement, **given, **place, **own)


def _make_statement(sql: Conditions, *, is_first: bool, is_own: bool) -> str:
    say = sql.dialect.parameter
    value = sql.dialect.value("p.")
    is_read = f"p.state IN ('resolved', 'rejected') AND {sql.dialect.length}({value}) <= {say('longest')}"
    conditions = [sql.is_job("p."), f"p.created_at >= {say('since')}", f"p.created_at < {say('until')}"]
    conditions += [f"{sql.tag('p.', Tag.REQUESTER)} = {say('requester')}"] if is_own else []
    conditions += [] if is_first else [f"({sql.time_and_id('p.')}) < ({say('after_at')}, {say('after_id')})"]
    return (
        f"SELECT p.created_at, p.id, p.state, p.settled_at, {sql.tag('p.', Tag.TYPE)},"
        f" CASE WHEN {is_read} THEN {value} END"
        f" FROM {sql.table('p', JOBS_BY_REQUESTER if is_own else JOBS)} WHERE {' AND '.join(conditions)}"
        f" ORDER BY p.created_at DESC, {sql.dialect.ordered_id('p.')} DESC LIMIT {say('window')}"
    )
