"""The keeper lists jobs and open decisions from the server's own tables, on every database that a server may have."""

from contextlib import closing
from itertools import chain

import psycopg

from contract.answers import JobState
from contract.keeper import (
    CountQuery,
    DecisionQuery,
    JobQuery,
    NumbersQuery,
    RecentJobs,
    RecentQuery,
    StateCountQuery,
    TreeQuery,
)
from contract.names import erasure_id, promise_id
from contract.numbers import Period
from durable.wire.client import Client
from durable.wire.requests import PromiseCreate, PromiseSettle
from keeper.settings import DatabaseAddress

from .job_records import JobRecords, PostgresDatabase


def test_a_job_is_in_the_list_of_its_state_alone(records: JobRecords) -> None:
    """A step under way is no question, and a question that the job does not wait for is not open."""
    for name in ("queued", "running", "asking", "reviewed", "unasked", "done", "failed", "late", "canceled"):
        records.submit(name)
    records.begin_step("running", 1)
    records.ask_question("asking")
    records.ask_question("reviewed", name="ask_reviewer")
    records.ask_question("unasked", is_awaited=False)
    records.end("done", "resolved")
    records.end("failed", "rejected")
    records.end("canceled", "rejected_canceled")
    records.client.create(PromiseCreate(id="doc/foreign", timeout_at=4_000_000_000_000))
    assert records.find_state("processing") == {"queued", "running", "unasked", "late"}
    assert records.find_state("waiting") == {"asking"}
    assert records.find_state("needsReview") == {"reviewed"}
    assert [records.find_state(name) for name in ("done", "failed", "canceled")] == [{"done"}, {"failed"}, {"canceled"}]
    assert records.find() == {
        "queued",
        "running",
        "unasked",
        "late",
        "asking",
        "reviewed",
        "done",
        "failed",
        "canceled",
    }


def test_pages_hold_every_job_once_and_the_newest_first(records: JobRecords) -> None:
    """Also those that were created in one millisecond, and while new ones come."""
    names = [records.submit(f"job-{number}") for number in range(23)]
    times = {name: records.client.get(promise_id(name)).created_at for name in names}
    expected = sorted(names, key=lambda name: (times[name], promise_id(name)), reverse=True)
    first = records.database.ask(lambda index: index.list_jobs(JobQuery(limit=5)))
    records.submit("newer")
    pages = records.list_pages(JobQuery(limit=5, after=first.after))
    assert [job.id for job in first.rows] + list(chain(*pages)) == expected
    assert [len(page) for page in pages] == [5, 5, 5, 3]
    assert records.list_pages(JobQuery(limit=24)) == [["newer", *expected]], "a full last page has no successor"


def test_jobs_of_one_millisecond_are_ordered_by_code_points(
    client: Client, sql: psycopg.Connection[tuple[object, ...]], database: DatabaseAddress
) -> None:
    """So the pages of several servers merge. The default order of a database may be that of a language."""
    with closing(PostgresDatabase(database)) as own:
        records = JobRecords(client, own)
        names = [records.submit(name) for name in ("b-1", "A-1", "a_1", "B-1", "a-1", "B_1")]
        sql.execute('ALTER TABLE promises ALTER COLUMN id TYPE text COLLATE "en-x-icu"')
        sql.execute("UPDATE promises SET created_at = 1000")
        assert list(chain(*records.list_pages(JobQuery(limit=2)))) == sorted(names, reverse=True)
        numbers = NumbersQuery(since=0, until=2_000, period=Period.HOUR)
        assert sum(row.open for row in records.database.ask(lambda index: index.read_numbers(numbers)).jobs) == len(
            names
        )


def test_filters_limit_the_list_together(records: JobRecords) -> None:
    for number in range(12):
        name = records.submit(
            f"{number}", requester="ada" if number % 2 else "bob", type_="invoice" if number % 3 else "report"
        )
        if number < 6:
            records.end(name, "resolved")
    assert records.find(requester_id="ada") == {"1", "3", "5", "7", "9", "11"}
    assert records.find(type="report") == {"0", "3", "6", "9"}
    assert records.find(requester_id="ada", type="report", state=JobState.DONE) == {"3"}
    assert records.find(requester_id="ada", type="report", state=JobState.PROCESSING) == {"9"}
    assert records.find(requester_id="unknown") == set()
    since = records.client.get(promise_id("9")).created_at
    found = records.find(since=since)
    assert {"9", "10", "11"} <= found
    assert all(records.client.get(promise_id(name)).created_at >= since for name in found)


def test_an_open_question_is_a_decision_until_it_is_answered(records: JobRecords) -> None:
    """A requester sees those of own jobs only. A job with two questions waits once."""
    for name, requester in (("first", "ada"), ("second", "bob"), ("third", "ada")):
        records.submit(name, requester=requester)
    answered = records.ask_question("first")
    records.ask_question("first", 2, name="ask_reviewer")
    records.ask_question("second")
    canceled = records.ask_question("third")
    assert list_decisions(records) == {"first:1", "first:2", "second:1", "third:1"}
    assert list_decisions(records, "ada") == {"first:1", "first:2", "third:1"}
    assert records.list_pages(JobQuery(state=JobState.NEEDS_REVIEW)) == [["first"]]
    assert records.list_pages(JobQuery(state=JobState.WAITING)) == [["third", "second"]]
    records.client.settle(PromiseSettle(id=answered, state="resolved"))
    records.end("third", "rejected_canceled")
    assert list_decisions(records) == {"first:2", "second:1"}, f"{canceled} belongs to a job that has ended"
    [decision] = records.database.ask(lambda index: index.list_decisions(DecisionQuery(requester_id="ada"))).rows
    assert (decision.job_id, decision.reason, decision.type, decision.requester_id) == (
        "first",
        "review",
        "invoice",
        "ada",
    )
    [job] = records.database.ask(lambda index: index.list_jobs(JobQuery(state=JobState.NEEDS_REVIEW))).rows
    assert job.question
    assert (job.state, job.question.decision, job.question.since) == ("needsReview", decision.id, decision.since)


def list_decisions(records: JobRecords, requester: str | None = None) -> set[str]:
    page = records.database.ask(lambda index: index.list_decisions(DecisionQuery(requester_id=requester)))
    assert page.after is None
    return {decision.id for decision in page.rows}


def test_open_jobs_are_counted_up_to_a_limit(records: JobRecords) -> None:
    for number in range(5):
        records.submit(f"{number}", requester="ada")
    records.submit("other", requester="bob")
    records.end("0", "resolved")
    records.ask_question("1")
    counts = [
        records.database.ask(lambda index, most=most: index.count_open(CountQuery(requester_id="ada", most=most)))  # type: ignore[misc]
        for most in (3, 10)
    ]
    assert [found.count for found in counts] == [3, 4]


def test_recent_jobs_are_counted_and_told_with_their_times(records: JobRecords) -> None:
    """The newest first; one that has ended counts, too."""
    created = [
        records.wait_out_millisecond(promise_id(records.submit(f"{number}", requester="ada"))) for number in range(4)
    ]
    records.submit("other", requester="bob")
    records.end("0", "resolved")

    def find(since: int, most: int, *, with_times: bool = True) -> RecentJobs:
        query = RecentQuery(requester_id="ada", since=since, most=most, with_times=with_times)
        return records.database.ask(lambda index: index.list_recent(query))

    assert find(0, 10, with_times=False) == RecentJobs(count=4)
    assert find(0, 3, with_times=False) == RecentJobs(count=3)
    assert find(0, 10) == RecentJobs(count=4, times=(created[3], created[2], created[1], created[0]))
    assert find(0, 2) == RecentJobs(count=2, times=(created[3], created[2]))
    assert find(created[1], 10) == RecentJobs(count=2, times=(created[3], created[2]))


def test_the_jobs_of_a_batch_are_listed_and_counted_by_state(records: JobRecords) -> None:
    batch = {"longhand:batch": "batch-1"}
    for name in ("done", "queued", "asking", "other"):
        records.submit(name, **(batch if name != "other" else {"longhand:batch": "batch-2"}))
    records.submit("alone")
    records.end("done", "resolved")
    records.ask_question("asking")
    assert records.find(batch="batch-1") == {"done", "queued", "asking"}
    assert records.find(batch="batch-1", state=JobState.WAITING) == {"asking"}
    counted = records.database.ask(lambda index: index.count_states(StateCountQuery(batch="batch-1")))
    assert counted.counts == {"done": 1, "processing": 1, "waiting": 1}


def test_an_erased_job_is_in_no_list(records: JobRecords) -> None:
    for name in ("first", "second"):
        records.submit(name)
        records.end(name, "resolved")
    records.client.create(PromiseCreate(id=erasure_id("first"), timeout_at=4_000_000_000_000))
    assert records.find() == records.find_state("done") == records.find(requester_id="me") == {"second"}


def test_the_tree_of_a_job_has_its_promises_alone(records: JobRecords) -> None:
    for name in ("first", "first-2"):
        records.submit(name)
        records.begin_step(name, 1)
    question = records.ask_question("first", 2)
    tree = records.database.ask(lambda index: index.read_tree(TreeQuery(job_id="first")))
    assert [node.id for node in tree.promises] == ["doc/first", "doc/first:1", question]
    assert (tree.promises[2].name, tree.promises[0].state, tree.is_complete) == ("ask_for_more", "pending", True)
