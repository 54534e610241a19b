"""A signup of weeks, tested in milliseconds."""

from collections.abc import Callable

import pytest

from durable.testing import Certificate, Trial, WorkflowTest
from examples.signup import create_user, find_first_project, send_mail, signup

DAY = 86_400


@pytest.fixture
def test(workflow_test: Callable[..., WorkflowTest]) -> WorkflowTest:
    test = workflow_test(signup)
    test.replace(create_user, "u1")
    test.replace(send_mail, None)
    test.replace(find_first_project, None)
    return test


def test_the_second_mail_follows_after_a_week(test: WorkflowTest) -> None:
    test.start(signup, "ada@example.org")
    test.pass_time(days=6, hours=23)
    assert list(test.calls(send_mail)) == [("u1", "welcome")]
    test.pass_time(hours=2)
    assert list(test.calls(send_mail))[1:] == [("u1", "tips")]


def test_the_first_project_ends_it(test: WorkflowTest) -> None:
    test.replace(find_first_project, *[None] * 11, "engine")
    began = test.now
    assert test.start(signup, "ada@example.org").result() == "engine"
    assert test.now - began == pytest.approx(18 * DAY, abs=60)


def test_a_user_without_a_project_gets_a_third_mail(test: WorkflowTest) -> None:
    job = test.start(signup, "ada@example.org")
    assert job.result() is None
    assert list(test.calls(send_mail))[2:] == [("u1", "we miss you")]
    assert len(test.calls(find_first_project)) == 30


def test_a_worker_that_dies_in_the_week_changes_nothing(test: WorkflowTest) -> None:
    test.replace(find_first_project, "engine")
    job = test.start(signup, "ada@example.org")
    test.pass_time(days=3)
    test.kill_workers()
    assert job.result() == "engine"
    assert test.begun == {"create_user": 1, "send_mail": 2, "find_first_project": 1}


def test_no_crash_sends_a_mail_twice(certify: Callable[..., Certificate]) -> None:
    def scenario(trial: Trial) -> str | None:
        with trial.test(signup) as test:
            test.replace(create_user, "u1")
            test.replace(send_mail, lambda user, mail: trial.effects.add("mail", key=f"{user}/{mail}"))
            test.replace(find_first_project, None, "engine")
            return test.start(signup, "ada@example.org").result()

    certify(scenario, exactly={"mail": 2})
