"""Questions to people and systems outside: typed answers, reminders, heartbeats, names, and refusals."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import BaseModel
from resonate.context import Context
from resonate.error import ApplicationError

from durable import Callback, PermanentError, Question, TemporaryError, step, workflow
from durable.callbacks import read_last_beat
from durable.testing import HANGING, Certificate, StuckError, Trial, WorkflowTest

type Certify = Callable[..., Certificate]


class Approval(BaseModel):
    """A typed answer."""

    by: str
    yes: bool


@step(timeout=30)
async def tell(question: Question, order: str) -> str:
    """Announce a question."""
    return f"{question.name} about {order}"


APPROVAL = Callback(Approval, timeout=timedelta(days=30), remind_every=timedelta(days=3))
RENDERING = Callback(str, timeout=timedelta(hours=6), heartbeat=timedelta(minutes=2))


@workflow(name="approve")
async def approve(ctx: Context, order: str) -> bool:
    """Ask a person."""
    approval = await APPROVAL.with_name(f"approval/{order}").ask(ctx, tell, order)
    return approval.yes


@workflow(name="render")
async def render(ctx: Context, film: str) -> str:
    """Ask a system that reports while it works."""
    return await RENDERING.with_name(f"film/{film}").ask(ctx, tell, film)


def test_an_answer_is_a_value_of_its_type_and_ends_the_wait_at_once() -> None:
    with WorkflowTest(approve) as test:
        job = test.start(approve, "a")
        test.pass_time(days=1)
        job.answer({"by": "ada", "yes": True}, name="approval/a")
        assert job.result() is True
        assert [question.name for question, _ in test.calls(tell)] == ["approval/a"]
        assert [one for one in job.operations() if one.state == "pending"] == []


def test_a_question_is_announced_again_after_each_pause_until_its_time_is_over() -> None:
    with WorkflowTest(approve) as test:
        job = test.start(approve, "a")
        test.pass_time(days=7)
        assert [question.reminder for question, _ in test.calls(tell)] == [0, 1, 2]
        test.pass_time(days=30)
        assert [question.reminder for question, _ in test.calls(tell)] == list(range(10))
        error = job.error()
        assert (error.code, error.retry) == ("no_reason", False)
        assert error.message == "approval/a was not answered within 30 days, 0:00:00, or refused without a reason"


def test_an_answer_that_does_not_fit_is_refused_with_the_reason() -> None:
    with WorkflowTest(approve) as test:
        job = test.start(approve, "a")
        job.answer({"by": "eve"}, name="approval/a")
        job.answer(None, name="approval/a")
        flaws = [question.refusal for question, _ in test.calls(tell)]
        assert flaws[:2] == [None, "the answer to approval/a does not fit: yes: Field required"]
        assert flaws[2].startswith("the answer to approval/a does not fit: it: Input should be")
        job.answer({"by": "ada", "yes": False}, name="approval/a")
        assert job.result() is False


def test_ten_answers_that_do_not_fit_fail_the_job() -> None:
    with WorkflowTest(approve) as test:
        job = test.start(approve, "a")
        for _ in range(10):
            job.answer("yes", name="approval/a")
        assert job.error().code == "invalid_answer"
        assert len(test.calls(tell)) == 10


def test_the_first_answer_counts() -> None:
    with WorkflowTest(approve) as test:
        job = test.start(approve, "a")
        promise = job.question("approval/a").id
        job.answer({"by": "ada", "yes": True}, name="approval/a")
        assert job.result() is True
        with pytest.raises((StuckError, AssertionError)):
            job.answer({"by": "eve", "yes": False}, name="approval/a")
        [recorded] = [one for one in job.operations() if one.id == promise]
        assert recorded.value == {"by": "ada", "yes": True}


def test_a_refusal_fails_the_job_with_its_code() -> None:
    with WorkflowTest(approve) as test:
        job = test.start(approve, "a")
        job.refuse(PermanentError("on_leave", "ada is away"), name="approval/a")
        assert (job.error().code, job.error().message) == ("on_leave", "ada is away")


def test_a_client_that_reports_may_take_its_time_and_a_silent_one_may_not() -> None:
    with WorkflowTest(render) as test:
        job = test.start(render, "film")
        for _ in range(30):
            test.pass_time(minutes=1)
            job.send_beat()
        began = test.now
        assert job.state == "pending"
        error = job.error()
        assert (error.code, error.message) == ("no_heartbeat", "film/film: no client reported within 0:02:00")
        assert 60 < test.now - began <= 245
        assert [one for one in job.operations() if one.state == "pending"] == []


def test_an_announcement_that_the_provider_puts_off_is_made_later() -> None:
    with WorkflowTest(approve) as test:
        test.fail(tell, TemporaryError("throttled", "come later", after=3_600), attempt=1)
        job = test.start(approve, "a")
        test.pass_time(hours=2)
        job.answer({"by": "ada", "yes": True}, name="approval/a")
        assert job.result() is True


def test_a_callback_has_either_reminders_or_a_heartbeat() -> None:
    with pytest.raises(ValueError, match="either reminders or a heartbeat"):
        Callback(str, timeout=timedelta(days=1), remind_every=timedelta(hours=1), heartbeat=timedelta(hours=1))


def record(trial: Trial, question: Question) -> str:
    """Announce a question in the certifier's world."""
    trial.effects.add("told", key=f"{question.promise} {question.reminder}")
    return "told"


def test_no_crash_changes_what_is_asked_and_answered(certify: Certify) -> None:
    def run(trial: Trial) -> bool:
        with trial.test(approve) as test:
            test.replace(tell, lambda question, _: record(trial, question))
            job = test.start(approve, "a")
            test.pass_time(days=4)
            job.answer({"by": "eve"}, name="approval/a")
            test.pass_time(days=1)
            job.answer({"by": "ada", "yes": True}, name="approval/a")
            return job.result()

    certify(run, cuts=("before", "after"), exactly={"told": 3})


@workflow(name="approve_after_all")
async def approve_after_all(ctx: Context, order: str) -> bool:
    """Ask again when the question cannot be announced."""
    question = APPROVAL.with_name(f"approval/{order}")
    try:
        return (await question.ask(ctx, tell, order)).yes
    except ApplicationError:
        return (await question.ask(ctx, tell, order)).yes


def test_a_question_that_cannot_be_announced_is_closed() -> None:
    """Else two questions of one name are open, and a client can answer neither."""
    with WorkflowTest(approve_after_all) as test:
        test.replace(tell, PermanentError("no_mail", "the address does not exist"), "told")
        job = test.start(approve_after_all, "a")
        test.pass_time(days=1)
        job.answer({"by": "ada", "yes": True}, name="approval/a")
        assert job.result() is True
        assert [one for one in job.operations() if one.state == "pending"] == []


def test_an_answer_counts_that_comes_while_the_heartbeat_is_checked() -> None:
    """The check may take long: its worker dies, and another one begins it again."""
    with WorkflowTest(render) as test:
        test.replace(read_last_beat, HANGING, read_last_beat.body)
        job = test.start(render, "f")
        test.pass_time(minutes=2, seconds=1)
        job.answer("a film", name="film/f")
        test.kill_workers()
        assert job.result() == "a film"
