"""The work deadline: every step ends by it, none starts after it, and the job can still react to it."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from resonate.context import Context
from resonate.types import Info

from durable import Clock, JobError, Retry, Step, StepEvent, StepEventKind, TemporaryError, step, work_until
from durable.deadline import work_time_left
from durable.run import Run, Tools
from tests.durable.worker_lab import WorkerLab

START = 1_800_000_000.0
LEASE = 2.0
INFO = Info(id="a:1", parent_id="a", origin_id="a", branch_id="a", timeout_at=0, func_name="", tags={})


@dataclass(frozen=True)
class FakeContext:
    """The part of a context that a step uses."""

    info: Info = INFO


@dataclass
class StepRunner:
    """Runs steps on a clock that only sleeping moves, and keeps their events."""

    now: float = START
    step_events: list[StepEvent] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.now += seconds

    def run[T](self, one: Step[[], T], until: float) -> T:
        """Run a step that must end by a moment."""
        clock = Clock(now=lambda: self.now, sleep=self.sleep, draw=lambda: 0.0)
        run = Run("a", 1, Tools(on_step_event=self.step_events.append, clock=clock))
        result: list[T] = []

        async def work() -> None:
            with work_until(until):
                result.append(await one(cast("Context", FakeContext())))

        error = asyncio.run(run.execute(work()))
        if error:
            raise error
        return result[0]

    @property
    def kinds(self) -> list[StepEventKind]:
        """The kinds of events, in order."""
        return [event.kind for event in self.step_events]


def make_step(body: Callable[[], Any], **options: Any) -> Step[[], None]:  # noqa: ANN401 any of the decorator's arguments
    """Make a step of a function."""
    one: Step[[], None] = step(**{"timeout": 60, **options})(cast("Any", body))
    return one


async def fail_busy() -> None:
    """Fail with a temporary error."""
    raise TemporaryError("busy", "come later")


async def wait_forever() -> None:
    """Never return."""
    await asyncio.Event().wait()


def test_no_step_starts_after_the_work_deadline() -> None:
    runner = StepRunner()
    with pytest.raises(JobError) as caught:
        runner.run(make_step(wait_forever), START)
    assert (caught.value.code, caught.value.step, caught.value.retry) == ("work_deadline", "wait_forever", False)
    assert "2027-01-15T08:00:00+00:00" in caught.value.message
    assert runner.kinds == [StepEventKind.FAILED]


def test_a_running_step_ends_at_the_work_deadline() -> None:
    runner = StepRunner()
    with pytest.raises(JobError) as caught:
        runner.run(make_step(wait_forever), START + 0.02)
    assert (caught.value.code, caught.value.retry) == ("work_deadline", False)
    assert runner.kinds == [StepEventKind.STARTED, StepEventKind.FAILED]


def test_a_timeout_before_the_work_deadline_is_the_steps_error() -> None:
    with pytest.raises(JobError) as caught:
        StepRunner().run(make_step(wait_forever, timeout=0.01, retry=Retry(attempts=1)), START + 60)
    assert caught.value.code == "step_timeout"


def test_no_retry_starts_after_the_work_deadline_and_the_last_error_is_named() -> None:
    """Of pauses of 1, 2, 4 and 8 s the fourth would end after the deadline, so the step fails before it."""
    runner = StepRunner()
    with pytest.raises(JobError) as caught:
        runner.run(make_step(fail_busy, retry=Retry(attempts=9, first=1)), START + 10)
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
        StepRunner().run(make_step(fail_unexpectedly, retry=Retry(attempts=9, first=9)), START + 5)
    assert caught.value.message.endswith("; the last try: unexpected")
    assert "/srv/private" in caplog.text


def test_of_two_deadlines_the_earlier_counts() -> None:
    async def nested() -> None:
        with work_until(START + 60):
            await make_step(wait_forever)(cast("Context", FakeContext()))

    with pytest.raises(JobError, match="work_deadline"):
        StepRunner().run(make_step(nested), START)


def test_an_inner_deadline_cannot_extend_an_outer_one() -> None:
    """Code inside may know less; after the block the outer deadline counts as before."""
    clock = Clock(now=lambda: START)
    with work_until(START + 60):
        with work_until(START + 3_600):
            assert work_time_left(clock) == 60
            with work_until(START + 6):
                assert work_time_left(clock) == 6
        assert work_time_left(clock) == 60


def test_a_job_can_run_steps_after_its_work_deadline(lab: WorkerLab) -> None:
    """The deadline also ends the steps of a part, and concurrent steps."""
    lab.start()
    lab.create("a", "bounded", "a", 1)
    lab.create("b", "bounded", "b", -1)
    for job in "ab":
        assert re.fullmatch("work_deadline in (stand|watch), permanent", lab.result(job))
    assert lab.evidence.events_of("b") == ["began", "turned-0"]
    done = lab.evidence.events_of("a")
    assert (done.count("arrived-1"), done[-1]) == (done.count("left-1"), "turned-0")
    lab.evidence.open_gate()
    assert lab.result(lab.create("c", "bounded", "c", 600)) == "in time"


def test_the_work_deadline_is_the_same_on_another_worker(lab: WorkerLab) -> None:
    """It counts from the job's first step, which is not repeated."""
    first = lab.start(lease=LEASE)
    lab.create("a", "bounded", "a", 600)
    lab.evidence.wait_for("a", "watches")
    first.kill()
    lab.start(lease=LEASE)
    lab.evidence.wait_for("a", "watches", times=2)
    lab.evidence.open_gate()
    assert lab.result("a") == "in time"
    [first_moment, second_moment] = [what for what in lab.evidence.events_of("a") if what.startswith("until-")]
    assert first_moment == second_moment
    assert lab.evidence.events_of("a").count("began") == 1
