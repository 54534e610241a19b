"""Jobs go on, whatever the database does; how long they wait for it is bounded."""

import asyncio
import logging
from collections.abc import Iterator

import pytest

from keeper.database import Away, Link
from keeper.jobs import Patience, keep
from keeper.settings import Address

from .sweeping import with_link
from .trees import Sql

type Outcome = float | Exception | None


class Scripted:
    """A job whose outcomes are known, and what was waited for between them."""

    def __init__(self, *outcomes: Outcome) -> None:
        self._outcomes: Iterator[Outcome] = iter(outcomes)
        self.waits: list[float] = []

    async def run(self) -> float | None:
        outcome = next(self._outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def keep(self) -> None:
        asyncio.run(keep(self, patience=Patience(draw=lambda: 1.0), sleep=self.sleep))


def test_a_job_runs_again_when_it_says_and_ends_when_it_is_done() -> None:
    job = Scripted(60.0, 59.5, None)
    job.keep()
    assert job.waits == [60.0, 59.5]


def test_waiting_for_the_database_grows_to_half_a_minute_and_begins_anew_after_a_success() -> None:
    """Also after a night without it: the number must not outgrow what a float can hold."""
    job = Scripted(*[Away()] * 2_000, 60.0, Away(), None)
    job.keep()
    assert job.waits[:7] == [1, 2, 4, 8, 16, 30, 30]
    assert job.waits[-3:] == [30, 60.0, 1]


def test_chance_takes_up_to_half_of_a_wait_away() -> None:
    assert Patience(draw=lambda: 0.0).after(3) == 2
    assert Patience(draw=lambda: 1.0).after(3) == 4


def test_what_is_no_outage_ends_the_job() -> None:
    with pytest.raises(LookupError):
        Scripted(LookupError()).keep()


def test_a_connection_that_was_cut_is_replaced_without_a_word(
    sql: Sql, database: Address, caplog: pytest.LogCaptureFixture
) -> None:
    """A database that restarts between two questions was never away for us."""
    caplog.set_level(logging.INFO)

    async def ask_before_and_after(link: Link) -> list[tuple[object, ...]]:
        ((pid,),) = await link.rows("SELECT pg_backend_pid()")
        sql.execute("SELECT pg_terminate_backend(%s::int, 5000)", [pid])
        return await link.rows("SELECT 1")

    assert with_link(database, ask_before_and_after) == [(1,)]
    assert caplog.records == []
