"""Workflows in the test's own process and time: what a test can arrange, drive and see."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from durable import PermanentError, TemporaryError
from durable.testing import (
    HANGING,
    AsyncWorkflowTest,
    DriverOptions,
    InProcess,
    JobFailedError,
    StuckError,
    WorkflowTest,
)
from tests.testing.flows import (
    User,
    announce,
    approval,
    call_slowly,
    create_user,
    greet_later,
    run_all,
    send_mail,
    signup,
    wait_in_memory,
)

type Open = Callable[..., WorkflowTest]
DAY = 86_400


def test_days_of_sleep_pass_at_once(workflow_test: Open) -> None:
    test = workflow_test(signup)
    began = test.now
    job = test.start(signup, "ada@example.org")
    assert job.state == "pending"
    assert job.result() == User(id="id of ada@example.org", email="ada@example.org")
    assert test.now - began == pytest.approx(7 * DAY, abs=1)
    assert list(test.calls(send_mail)) == [
        ("ada@example.org", "welcome"),
        ("ada@example.org", "how is it going"),
    ]


def test_time_passes_only_as_far_as_a_test_says(workflow_test: Open) -> None:
    test = workflow_test(signup)
    job = test.start(signup, "ada@example.org")
    test.pass_time(days=6, hours=23)
    assert (job.state, len(test.calls(send_mail))) == ("pending", 1)
    test.pass_time(timedelta(hours=1, seconds=1))
    assert (job.state, len(test.calls(send_mail))) == ("resolved", 2)


def test_each_attempt_of_a_step_has_the_outcome_that_the_test_gives_it(workflow_test: Open) -> None:
    """Values, errors and functions of the arguments; the last one counts for all further attempts."""
    test = workflow_test(signup)
    test.replace(create_user, lambda email: User(id="1", email=email.upper()))
    test.replace(send_mail, "sent", TemporaryError("busy", "later"), TemporaryError("busy", "later"), "sent again")
    job = test.start(signup, "ada@example.org")
    assert job.result() == User(id="1", email="ADA@EXAMPLE.ORG")
    assert [one.attempts for one in job.operations("send_mail")] == [1, 3]
    assert job.operation("send_mail", 1).value == "sent again"
    assert test.begun == {"create_user": 1, "send_mail": 4}


def test_one_attempt_of_a_real_step_can_fail(workflow_test: Open) -> None:
    test = workflow_test(signup)
    test.fail(send_mail, TemporaryError("busy", "later"), attempt=2)
    job = test.start(signup, "ada@example.org")
    job.result()
    assert [one.attempts for one in job.operations("send_mail")] == [1, 2]


def test_a_permanent_error_of_a_step_fails_the_job(workflow_test: Open) -> None:
    test = workflow_test(signup)
    test.replace(send_mail, PermanentError("gone", "no such address"))
    job = test.start(signup, "ada@example.org")
    error = job.error()
    assert (error.code, error.step) == ("gone", "send_mail")
    with pytest.raises(JobFailedError, match="job-1 was rejected: gone in send_mail: no such address"):
        job.result()


def test_a_hanging_attempt_ends_at_the_time_limit_of_its_step(workflow_test: Open) -> None:
    test = workflow_test(signup)
    test.replace(create_user, HANGING, User(id="2", email=""))
    began = test.now
    job = test.start(signup, "ada@example.org")
    assert job.operation("create_user").state == "pending"
    assert job.result().id == "2"
    assert test.now - began >= 7 * DAY + create_user.timeout


def test_a_question_is_answered_refused_or_canceled(workflow_test: Open) -> None:
    test = workflow_test(approval)
    answered, refused, canceled = (test.start(approval, subject) for subject in ("a", "b", "c"))
    answered.answer({"yes": True})
    refused.refuse(PermanentError("absent", "on holiday"))
    canceled.cancel_question()
    assert answered.result() == "answered: {'yes': True}"
    assert refused.result() == "refused: absent"
    assert canceled.result() == "refused: no_reason"


def test_a_question_is_open_until_its_time_is_over(workflow_test: Open) -> None:
    test = workflow_test(approval)
    job = test.start(approval, "invoice")
    test.pass_time(days=2, hours=23)
    assert job.state == "pending"
    test.pass_time(hours=2)
    assert job.result() == "refused: no_reason"


def test_a_job_that_only_a_person_can_move_is_stuck_and_says_why(workflow_test: Open) -> None:
    test = workflow_test(approval)
    job = test.start(approval, "invoice")
    with pytest.raises(StuckError) as caught:
        job.result()
    assert f"{job.id} waits: " in str(caught.value)
    assert "'announce' waits for an answer since " in str(caught.value)
    job.answer("yes")
    assert job.result() == "answered: yes"


def test_a_job_without_a_worker_is_stuck_until_one_is_deployed(workflow_test: Open) -> None:
    test = workflow_test(groups={"mail": []})
    with pytest.raises(LookupError, match="no worker of this test knows signup"):
        test.start(signup, "ada@example.org")
    test = workflow_test(run_all, groups={"elsewhere": [greet_later]})
    job = test.start(run_all, 1)
    with pytest.raises(StuckError, match=r"is parked since .*part"):
        job.result()
    test.deploy(run_all, greet_later)
    assert job.result() == ["part to 0"]


def test_a_killed_worker_is_replaced_and_its_job_resumes(workflow_test: Open) -> None:
    """Finished steps keep their results; the step that was interrupted runs again."""
    test = workflow_test(signup)
    test.replace(send_mail, HANGING, "sent")
    job = test.start(signup, "ada@example.org")
    test.kill_workers()
    job.result()
    assert test.begun == {"create_user": 1, "send_mail": 3}
    assert [one.attempts for one in job.operations("send_mail")] == [2, 1]


def test_a_canceled_job_ends_at_once_and_its_step_is_stopped(workflow_test: Open) -> None:
    test = workflow_test(signup)
    test.replace(send_mail, TemporaryError("busy", "later"))
    job = test.start(signup, "ada@example.org")
    job.cancel()
    assert job.state == "rejected_canceled"
    test.pass_time(minutes=1)
    assert len(test.calls(send_mail)) == 3  # of five: a worker reads a task that it has held for a while
    assert job.why().startswith(f"{job.id} was canceled at ")


def test_parts_run_on_several_workers(workflow_test: Open) -> None:
    test = workflow_test(run_all, greet_later)
    job = test.start(run_all, 3)
    assert job.result() == ["part to 0", "part to 1", "part to 2"]
    assert [one.name for one in job.operations(kind=job.operation("part").kind)] == ["part"] * 3


def test_the_history_is_a_table(workflow_test: Open) -> None:
    test = workflow_test(signup)
    test.fail(send_mail, TemporaryError("busy", "later"), attempt=1)
    job = test.start_as("users/1", signup, "ada@example.org")
    job.result()
    assert [line.split("  ")[0] for line in job.history().splitlines()] == [
        "users/1: resolved after 7 d", "at", "+0 s", "+0 s", "+1 s", "+7 d",
    ]  # fmt: skip
    assert [line.split()[2:7] for line in job.history().splitlines()[2:]] == [
        [":1", "create_user", "step", "resolved", "1"],
        [":2", "send_mail", "step", "resolved", "2"],
        [":3", "sleep", "sleep", "resolved", "7"],
        [":4", "send_mail", "step", "resolved", "1"],
    ]


def test_requests_are_counted(workflow_test: Open) -> None:
    test = workflow_test(signup)
    test.start(signup, "ada@example.org").result()
    kinds = [point.kind for point in test.requests]
    assert kinds[0] == "task.acquire"
    assert kinds.count("task.fence settle") == 3
    assert kinds[-1] == "task.fulfill settle"


def test_a_worker_keeps_its_lease_however_fast_the_time_passes(workflow_test: Open) -> None:
    """A pause between attempts is longer than a lease; the task is not delivered to another worker meanwhile."""
    test = workflow_test(wait_in_memory, on=InProcess(options=DriverOptions(workers_per_group=2)))
    test.replace(call_slowly, TemporaryError("busy", "later"), TemporaryError("busy", "later"), "done")
    assert test.start(wait_in_memory).result() == "done"
    assert [point.kind for point in test.requests].count("task.acquire") == 1


def test_a_test_that_is_a_coroutine_can_do_the_same(async_workflow_test: Callable[..., AsyncWorkflowTest]) -> None:
    async def body() -> str:
        async with async_workflow_test(approval) as test:
            job = await test.start(approval, "invoice")
            with pytest.raises(StuckError):
                await job.result()
            await test.kill_workers()
            await test.pass_time(days=1)
            await job.answer("yes")
            assert test.calls(announce)[0][1] == "invoice"
            return await job.result()

    assert asyncio.run(body()) == "answered: yes"


def test_a_normal_test_inside_a_loop_is_told_what_to_use(workflow_test: Open) -> None:
    test = workflow_test(approval)

    async def body() -> None:
        test.pass_time(days=1)

    with pytest.raises(RuntimeError, match="use AsyncWorkflowTest"):
        asyncio.run(body())


def test_a_step_that_makes_no_progress_is_named() -> None:
    async def wait_in_real_time(email: str) -> None:
        del email
        await asyncio.Event().wait()

    with WorkflowTest(signup, on=InProcess(options=DriverOptions(patience_seconds=0.05))) as test:
        test.replace(create_user, wait_in_real_time)
        with pytest.raises(StuckError, match=r"no progress for 0\.05 s of real time; running .*{'job-1': 1}"):
            test.start(signup, "ada@example.org")
