"""The work deadline: every step ends by it, none starts after it, and the job can still react to it."""

import asyncio
import re

import pytest

from durable import Clock, JobError, Retry, StepEventKind, TemporaryError, work_until
from durable.deadline import work_time_left
from tests.durable.step_runner import FAKE_CONTEXT, START, StepRunner, make_step
from tests.durable.worker_lab import WorkerLab, end_leases


async def fail_busy() -> None:
    """Fail with a temporary error."""
    raise TemporaryError("busy", "come later")


async def wait_forever() -> None:
    """Never return."""
    await asyncio.Event().wait()


def test_no_step_starts_after_the_work_deadline() -> None:
    runner = StepRunner(draw=0.0)
    with pytest.raises(JobError) as caught:
        runner.run(make_step(wait_forever), until=START)
    assert (caught.value.code, caught.value.step, caught.value.retry) == ("work_deadline", "wait_forever", False)
    assert "2027-01-15T08:00:00+00:00" in caught.value.message
    assert runner.kinds == [StepEventKind.FAILED]


def test_a_running_step_ends_at_the_work_deadline() -> None:
    runner = StepRunner(draw=0.0)
    with pytest.raises(JobError) as caught:
        runner.run(make_step(wait_forever), until=START + 0.02)
    assert (caught.value.code, caught.value.retry) == ("work_deadline", False)
    assert runner.kinds == [StepEventKind.STARTED, StepEventKind.FAILED]


def test_a_timeout_before_the_work_deadline_is_the_steps_error() -> None:
    with pytest.raises(JobError) as caught:
        StepRunner(draw=0.0).run(make_step(wait_forever, timeout=0.01, retry=Retry(attempts=1)), until=START + 60)
    assert caught.value.code == "step_timeout"


def test_no_retry_starts_after_the_work_deadline_and_the_last_error_is_named() -> None:
    """Of pauses of 1, 2, 4 and 8 s the fourth would end after the deadline, so the step fails before it."""
    runner = StepRunner(draw=0.0)
    with pytest.raises(JobError) as caught:
        runner.run(make_step(fail_busy, retry=Retry(attempts=9, first=1)), until=START + 10)
    assert runner.now == START + 7
    assert runner.kinds == [StepEventKind.STARTED, StepEventKind.RETRYING] * 3 + [
        StepEventKind.STARTED,
        StepEventKind.FAILED,
    ]
    assert (caught.value.code, caught.value.retry) == ("work_deadline", False)
    assert "busy, come later" in caught.value.message


def test_of_an_unexpected_error_only_the_code_is_in_the_deadline_error(caplog: pytest.LogCaptureFixture) -> None:
    """Its text may quote anything, and the deadline error is public."""

    async def fail_unexpectedly() -> None:
        raise OSError("/srv/private is not there")

    with pytest.raises(JobError) as caught:
        StepRunner(draw=0.0).run(make_step(fail_unexpectedly, retry=Retry(attempts=9, first=9)), until=START + 5)
    assert caught.value.message.endswith("; the last attempt: unexpected")
    assert "/srv/private" in caplog.text


def test_of_two_deadlines_the_earlier_counts() -> None:
    async def run_inner_step() -> None:
        with work_until(START + 60):
            await make_step(wait_forever)(FAKE_CONTEXT)

    with pytest.raises(JobError, match="work_deadline"):
        StepRunner(draw=0.0).run(make_step(run_inner_step), until=START)


def test_an_inner_deadline_cannot_extend_an_outer_one() -> None:
    """Code inside may know less; after the block the outer deadline counts as before."""
    clock = Clock(now=lambda: START)
    with work_until(START + 60):
        with work_until(START + 3_600):
            assert work_time_left(clock) == 60
            with work_until(START + 6):
                assert work_time_left(clock) == 6
        assert work_time_left(clock) == 60


@pytest.mark.parametrize("late", [0, 3_600])
def test_a_run_that_begins_late_has_the_time_that_it_is_given(late: float) -> None:
    """No worker ran at the deadline. Its first pauses fit into the time, and later ones do not."""
    runner = StepRunner(draw=0.0)
    with pytest.raises(JobError) as caught:
        runner.run(make_step(fail_busy, retry=Retry(attempts=9, first=1)), until=START - late, at_least=10)
    assert runner.now == START + 7
    assert caught.value.code == "work_deadline"
    assert "2027-01-15T08:00:10+00:00" in caught.value.message


def test_a_job_can_run_steps_after_its_work_deadline(lab: WorkerLab) -> None:
    """The deadline also ends the steps of a part, and concurrent steps."""
    lab.start()
    lab.create("a", "bounded", "a", 1)
    lab.create("b", "bounded", "b", -1)
    for job in "ab":
        assert re.fullmatch("work_deadline in (stand|watch), permanent", lab.result(job))
    assert lab.evidence.events_of("b") == ["deadline-set", "turned-0"]
    done = lab.evidence.events_of("a")
    assert (done.count("arrived-1"), done[-1]) == (done.count("left-1"), "turned-0")
    lab.evidence.open_gate()
    assert lab.result(lab.create("c", "bounded", "c", 600)) == "in time"


def test_the_work_deadline_is_the_same_on_another_worker(lab: WorkerLab) -> None:
    """It counts from the job's first step, which is not repeated."""
    first = lab.start()
    lab.create("a", "bounded", "a", 600)
    lab.evidence.wait_for("a", "watches")
    first.kill()
    lab.start()
    end_leases(lab.client, first)
    lab.evidence.wait_for("a", "watches", times=2)
    lab.evidence.open_gate()
    assert lab.result("a") == "in time"
    [first_moment, second_moment] = [what for what in lab.evidence.events_of("a") if what.startswith("until-")]
    assert first_moment == second_moment
    assert lab.evidence.events_of("a").count("deadline-set") == 1
