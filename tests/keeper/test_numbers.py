"""The keeper counts jobs from the server's own tables, on every database that a server may have."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from contract.answers import Reason
from contract.keeper import NumbersQuery
from contract.names import promise_id
from contract.numbers import FailureCount, JobNumbers, Numbers, OldestDecision, OldestJob, Period
from contract.times import format_ms
from keeper.queries.counting import MAX_VALUE_CHARACTERS, CountLimits
from keeper.queries.sql_job_index import SqlJobIndex
from keeper.queries.sqlite import SqliteFile, SqliteIndexBuilder

from .job_records import JobRecords
from .many_jobs import BASE_MS, fill_sqlite

FAR_MS = 4_000_000_000_000
UNTIL_MS = BASE_MS + 601_000  # after 600 jobs


def count(records: JobRecords, *, requester: str | None = None, since: int = 0, until: int = FAR_MS) -> Numbers:
    query = NumbersQuery(since=since, until=until, period=Period.DAY, requester_id=requester)
    return records.database.ask(lambda index: index.read_numbers(query))


def counts(numbers: Numbers) -> dict[str, tuple[int, int, int, int]]:
    return {one.type: (one.done, one.failed, one.canceled, one.open) for one in numbers.jobs}


def fail(code: str) -> dict[str, str]:
    return {"message": f'{{"code": "{code}", "message": "the document is at fault", "step": "extract"}}'}


def test_jobs_are_counted_by_type_with_their_costs_and_codes(records: JobRecords) -> None:
    """A result without a price, too large a one, and one that another program wrote have no known cost."""
    for name in ("cheap", "dear", "unpriced", "foreign", "large", "damaged", "encrypted", "broken", "canceled", "open"):
        records.submit(name)
    records.submit("other", type_="report")
    records.end("cheap", "resolved", {"usage": {"analyze": {"costUsd": 7}}, "costUsd": 0.25})
    records.end("dear", "resolved", {"costUsd": 1.5})
    records.end("unpriced", "resolved", {"costUsd": None})
    records.end("foreign", "resolved", "costUsd")
    records.end("large", "resolved", {"costUsd": 1, "text": "x" * MAX_VALUE_CHARACTERS})
    records.end("other", "resolved", {"costUsd": 0})
    for name in ("damaged", "broken"):
        records.end(name, "rejected", fail("document_damaged"))
    records.end("encrypted", "rejected", fail("document_encrypted"))
    records.end("canceled", "rejected_canceled")
    numbers = count(records)
    assert counts(numbers) == {"invoice": (5, 3, 1, 1), "report": (1, 0, 0, 0)}
    assert [(one.cost_usd, one.without_cost) for one in numbers.jobs] == [(1.75, 3), (0, 0)]
    codes = [FailureCount(code="document_damaged", jobs=2), FailureCount(code="document_encrypted", jobs=1)]
    assert list(numbers.failures) == codes
    assert numbers.result_seconds
    assert 0 <= numbers.result_seconds.p50 <= numbers.result_seconds.p95
    assert (numbers.is_complete, numbers.since, numbers.begin) == (True, format_ms(0), format_ms(0))


def test_only_the_jobs_of_the_stretch_are_counted(records: JobRecords) -> None:
    """`since` is part of it, `until` is not. The oldest that is open is told whenever it was created."""
    created = {name: records.client.get(f"doc/{records.submit(name)}").created_at for name in ("a", "b", "c")}
    first, last = created["a"], created["c"]
    assert sum(one.open for one in count(records, since=first, until=last + 1).jobs) == 3
    assert count(records, since=last + 1).jobs == ()
    assert count(records, until=first).jobs == ()
    assert count(records, since=last + 1).oldest_job == OldestJob(id="a", created_at=format_ms(first))


def test_a_requester_counts_own_jobs_only(records: JobRecords) -> None:
    for name, requester in (("first", "ada"), ("second", "bob"), ("third", "ada")):
        records.submit(name, requester=requester)
    records.end("first", "resolved", {"costUsd": 2})
    records.ask_question("second", name="ask_reviewer")
    own, others, none = (count(records, requester=name) for name in ("ada", "bob", "eve"))
    assert (counts(own), counts(others), counts(none)) == ({"invoice": (1, 0, 0, 1)}, {"invoice": (0, 0, 0, 1)}, {})
    assert [one.oldest_job and one.oldest_job.id for one in (own, others, none)] == ["third", None, None]
    assert [one.oldest_decision and one.oldest_decision.id for one in (own, others, none)] == [None, "second:1", None]


def test_the_oldest_decision_and_the_oldest_job_are_told(records: JobRecords) -> None:
    """A job that waits for a person is not one that waits for a worker. Of a requester, the oldest job that waits."""
    for name in ("asking", "reviewed", "queued", "later"):
        records.wait_out_millisecond(promise_id(records.submit(name)))
    first = records.wait_out_millisecond(records.ask_question("reviewed", name="ask_reviewer"))
    records.ask_question("asking", 2)
    records.ask_question("asking", 3)
    every, own = count(records), count(records, requester="me")
    assert [one.oldest_job and one.oldest_job.id for one in (every, own)] == ["queued", "queued"]
    assert every.oldest_decision == OldestDecision(
        id="reviewed:1", job_id="reviewed", reason=Reason.REVIEW, since=format_ms(first)
    )
    assert own.oldest_decision
    assert (own.oldest_decision.id, own.oldest_decision.reason) == ("asking:2", Reason.COST)


@pytest.mark.parametrize(("jobs", "counted"), [(250, 249), (500, 499), (501, 600), (20_000, 600)])
def test_of_too_many_jobs_the_newest_are_counted_and_the_answer_says_from_when(
    tmp_path: Path, jobs: int, counted: int
) -> None:
    """Rows are read in windows of 250. The last millisecond is left out: it may have more jobs than were read."""
    numbers = count_filled(fill_sqlite(tmp_path, 1, 600), CountLimits(jobs=jobs, seconds=float("inf")))
    is_complete = counted == 600
    assert sum(total(one) for one in numbers.jobs) == counted
    assert numbers.is_complete is is_complete
    # The jobs are a second apart, so the oldest that was read is left out.
    assert numbers.begin == format_ms(BASE_MS if is_complete else UNTIL_MS - (counted + 1) * 1_000 + 1)


def test_counting_ends_with_its_time_and_has_read_one_window_at_least(tmp_path: Path) -> None:
    file = fill_sqlite(tmp_path, 1, 600)
    assert sum(map(total, count_filled(file, CountLimits(seconds=0)).jobs)) == 249
    ticks = iter([0.0, 0.4, 1.1])
    assert sum(map(total, count_filled(file, CountLimits(now=lambda: next(ticks))).jobs)) == 499


def count_filled(file: Path, limits: CountLimits) -> Numbers:
    async def ask() -> Numbers:
        builder = SqliteIndexBuilder(file)
        await builder.run()
        with closing(SqliteFile(file, builder.conditions)) as statements:
            query = NumbersQuery(since=BASE_MS, until=UNTIL_MS, period=Period.HOUR)
            return await SqlJobIndex(statements, limits).read_numbers(query)

    return asyncio.run(ask())


def total(one: JobNumbers) -> int:
    return one.done + one.failed + one.canceled + one.open
