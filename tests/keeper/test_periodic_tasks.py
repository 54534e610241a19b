"""A periodic task survives every outage of the database, and its pauses are bounded."""

import asyncio
import logging
from collections.abc import Iterator

import pytest

from keeper.clock import Clock
from keeper.database import Database
from keeper.errors import UnavailableError
from keeper.periodic_tasks import Backoff, run_periodically
from keeper.settings import DatabaseAddress

from .task_runs import run_on_database
from .trees import Sql

type Outcome = float | Exception | None


class ScriptedTask:
    """A task with given outcomes; it records the pauses between its runs."""

    def __init__(self, *outcomes: Outcome) -> None:
        self._outcomes: Iterator[Outcome] = iter(outcomes)
        self.pauses: list[float] = []

    async def run(self) -> float | None:
        outcome = next(self._outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def run_all(self) -> None:
        asyncio.run(run_periodically(self, backoff=Backoff(draw=lambda: 1.0), clock=Clock(sleep=self._sleep)))


def test_a_task_runs_again_after_the_pause_that_it_returns() -> None:
    task = ScriptedTask(60.0, 59.5, None)
    task.run_all()
    assert task.pauses == [60.0, 59.5]


def test_the_pause_grows_to_half_a_minute_and_starts_over_after_a_success() -> None:
    """Even after a night of failures: the power of two must not exceed a float."""
    task = ScriptedTask(*[UnavailableError()] * 2_000, 60.0, UnavailableError(), None)
    task.run_all()
    assert task.pauses[:7] == [1, 2, 4, 8, 16, 30, 30]
    assert task.pauses[-3:] == [30, 60.0, 1]


def test_jitter_shortens_a_pause_by_up_to_half() -> None:
    assert Backoff(draw=lambda: 0.0).pause(3) == 2
    assert Backoff(draw=lambda: 1.0).pause(3) == 4


def test_any_other_error_ends_the_task() -> None:
    with pytest.raises(LookupError):
        ScriptedTask(LookupError()).run_all()


def test_a_broken_connection_is_replaced_without_a_log_line(
    sql: Sql, database: DatabaseAddress, caplog: pytest.LogCaptureFixture
) -> None:
    """A database that restarts between two statements was never unavailable for the keeper."""
    caplog.set_level(logging.INFO)

    async def query_around_a_break(database: Database) -> list[tuple[object, ...]]:
        ((pid,),) = await database.rows("SELECT pg_backend_pid()")
        sql.execute("SELECT pg_terminate_backend(%s::int, 5000)", [pid])
        return await database.rows("SELECT 1")

    assert run_on_database(database, query_around_a_break) == [(1,)]
    assert caplog.records == []
