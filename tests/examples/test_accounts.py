"""Three services: jobs call the database of another group, and go on when it was away; a person approves the risky."""

from collections.abc import Callable
from pathlib import Path

import pytest

from durable import PermanentError
from durable.testing import Certificate, Trial, WorkflowTest
from examples.accounts.agreement import Account, Accounts, Outcome, Review, get_account, name_question
from examples.accounts.database import Database
from examples.accounts.jobs import Report, announce, process_job, total_balance

type Open = Callable[..., WorkflowTest]
RISKY = Review(account_id="a2")
JOB = "job/1"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "accounts.db")


@pytest.fixture
def test(workflow_test: Open, database: Database) -> WorkflowTest:
    test = workflow_test(process_job, total_balance, groups={"db": database.workflows})
    test.replace(announce, None)
    return test


def count_rows(database: Database) -> int:
    [(count,)] = database._execute("SELECT count(*) FROM outcomes")  # noqa: SLF001 the example has no reader
    return int(count)


def test_a_job_reads_assesses_and_saves(test: WorkflowTest, database: Database) -> None:
    job = test.start(process_job, Review(account_id="a1"))
    assert job.result() == Report(outcome=Outcome(account_id="a1", is_risky=False), owner="Ada")
    assert count_rows(database) == 1


def test_a_risky_account_waits_for_an_approval(test: WorkflowTest, database: Database) -> None:
    approved, rejected = test.start_as(JOB, process_job, RISKY), test.start_as("job/2", process_job, RISKY)
    test.pass_time(hours=5)
    approved.answer(value=True, name=name_question(JOB))
    rejected.answer(value=False, name=name_question("job/2"))
    assert approved.result().owner == "Ben"
    assert rejected.error().code == "rejected"
    assert count_rows(database) == 1


def test_an_account_that_does_not_exist_fails_the_job(test: WorkflowTest) -> None:
    assert test.start(process_job, Review(account_id="a9")).error().code == "no_account"


def test_a_job_fails_if_the_database_does_not_answer_at_first(workflow_test: Open) -> None:
    test = workflow_test(process_job, groups={"db": []})
    job = test.start(process_job, RISKY)
    test.pass_time(seconds=59)
    assert job.state == "pending"
    test.pass_time(seconds=2)
    assert job.error().code == "call_unanswered"


def test_an_approved_outcome_is_saved_when_the_database_is_back(test: WorkflowTest, database: Database) -> None:
    job = test.start_as(JOB, process_job, RISKY)
    test.deploy(process_job, groups={"db": []})
    job.answer(value=True, name=name_question(JOB))
    test.pass_time(hours=1)
    assert job.state == "pending"
    test.deploy(process_job, groups={"db": database.workflows})
    assert job.result().owner == "Ben"
    assert count_rows(database) == 1


def test_accounts_are_read_at_the_same_time(test: WorkflowTest) -> None:
    job = test.start(total_balance, Accounts(account_ids=["a1", "a2"]))
    assert job.result() == 12_200
    one, other = job.operation("db.getAccount"), job.operation("db.getAccount", 1)
    assert one.settled_at is not None
    assert other.created_at <= one.settled_at


def test_the_workers_are_tested_without_the_code_of_the_database(workflow_test: Open) -> None:
    """What stands in for a call is held to its signature by the type checker."""

    @get_account.served
    async def refuse(_: object, account_id: str) -> Account:
        raise PermanentError("no_account", account_id)

    test = workflow_test(total_balance, groups={"db": [refuse]})
    assert test.start(total_balance, Accounts(account_ids=["a1", "a2"])).error().code == "no_account"


def test_a_crash_of_either_side_saves_once(certify: Callable[..., Certificate], tmp_path: Path) -> None:
    def scenario(trial: Trial) -> object:
        (tmp_path / "accounts.db").unlink(missing_ok=True)
        database = Database(tmp_path / "accounts.db")
        with trial.test(process_job, groups={"db": database.workflows}) as test:
            report = test.start(process_job, Review(account_id="a1")).result()
            return report, count_rows(database)

    certify(scenario)
