"""An expense waits for its manager: for days, with reminders, and for a proper answer."""

import gc
from collections.abc import Callable

import pytest

from durable.testing import Certificate, Trial, WorkflowTest
from examples.expenses import Expense, ask_manager, pay_back, reimburse

EXPENSE = Expense(id="e7", cents=4_200)
QUESTION = "expense/e7"


@pytest.fixture
def test(workflow_test: Callable[..., WorkflowTest]) -> WorkflowTest:
    return replace_services(workflow_test(reimburse))


def replace_services(test: WorkflowTest) -> WorkflowTest:
    test.replace(ask_manager, None)
    test.replace(pay_back, "payment 1")
    return test


def test_an_approved_expense_is_paid(test: WorkflowTest) -> None:
    job = test.start(reimburse, EXPENSE)
    test.pass_time(days=1)
    job.answer({"by": "ada", "approved": True}, name=QUESTION)
    assert job.result() == "payment 1"
    assert len(test.calls(ask_manager)) == 1


def test_a_rejected_expense_is_not_paid(test: WorkflowTest) -> None:
    job = test.start(reimburse, EXPENSE)
    job.answer({"by": "ada", "approved": False}, name=QUESTION)
    assert job.result() == "rejected"
    assert not test.calls(pay_back)


def test_the_manager_is_reminded_and_then_it_is_over(test: WorkflowTest) -> None:
    job = test.start(reimburse, EXPENSE)
    test.pass_time(days=10)
    assert [question.reminder for question, _ in test.calls(ask_manager)] == [0, 1, 2, 3]
    test.pass_time(days=5)
    assert job.result() == "no answer"


def test_an_answer_that_does_not_fit_is_asked_for_again(test: WorkflowTest) -> None:
    job = test.start(reimburse, EXPENSE)
    job.answer({"by": "ada"}, name=QUESTION)
    test.pass_time(seconds=1)
    question, _ = test.calls(ask_manager)[-1]
    assert "approved" in question.refusal
    job.answer({"by": "ada", "approved": True}, name=QUESTION)
    assert job.result() == "payment 1"


def test_no_crash_pays_an_expense_twice(certify: Callable[..., Certificate], caplog: pytest.LogCaptureFixture) -> None:
    def scenario(trial: Trial) -> str:
        with trial.test(reimburse) as test:
            replace_services(test).replace(pay_back, lambda expense, _: trial.effects.add("pay", key=expense.id))
            job = test.start(reimburse, EXPENSE)
            test.pass_time(days=1)
            job.answer({"by": "ada", "approved": True})
            return job.result()

    certify(scenario, exactly={"pay": 1})
    gc.collect()  # asyncio reports a task whose error was never retrieved when the task is collected
    assert "never retrieved" not in caplog.text
