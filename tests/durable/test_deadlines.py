"""The time that a job may work: every step ends by it, none begins after it, and the job can still say so."""

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

BEGUN = 1_800_000_000.0
LEASE = 2.0
INFO = Info(id="a:1", parent_id="a", origin_id="a", branch_id="a", timeout_at=0, func_name="", tags={})


@dataclass(frozen=True)
class Somebody:
    """What a step asks its context for."""

    info: Info = INFO


@dataclass
class Day:
    """A day whose time only pauses move, and a memory of what was told on it."""

    now: float = BEGUN
    entries: list[StepEvent] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        """Let so much time pass."""
        self.now += seconds

    def run[T](self, one: Step[[], T], until: float) -> T:
        """Run a step that has to end by a moment."""
        clock = Clock(now=lambda: self.now, sleep=self.sleep, draw=lambda: 0.0)
        run = Run("a", 1, Tools(on_step_event=self.entries.append, clock=clock))
        result: list[T] = []

        async def work() -> None:
            with work_until(until):
                result.append(await one(cast("Context", Somebody())))

        error = asyncio.run(run.execute(work()))
        if error:
            raise error
        return result[0]

    @property
    def events(self) -> list[StepEventKind]:
        """What was told, in order."""
        return [entry.kind for entry in self.entries]


def made(work: Callable[[], Any], **how: Any) -> Step[[], None]:  # noqa: ANN401 any of the decorator's arguments
    """Make a step of it."""
    one: Step[[], None] = step(**{"timeout": 60, **how})(cast("Any", work))
    return one


async def busy() -> None:
    """Be told to come later."""
    raise TemporaryError("busy", "come later")


async def endless() -> None:
    """Never come to an end."""
    await asyncio.Event().wait()


def test_a_step_does_not_begin_after_the_time() -> None:
    day = Day()
    with pytest.raises(JobError) as caught:
        day.run(made(endless), BEGUN)
    assert (caught.value.code, caught.value.step, caught.value.retry) == ("work_deadline", "endless", False)
    assert "2027-01-15T08:00:00+00:00" in caught.value.message
    assert day.events == [StepEventKind.FAILED]


def test_a_step_that_runs_ends_with_the_time_and_not_with_its_own() -> None:
    day = Day()
    with pytest.raises(JobError) as caught:
        day.run(made(endless), BEGUN + 0.02)
    assert (caught.value.code, caught.value.retry) == ("work_deadline", False)
    assert day.events == [StepEventKind.STARTED, StepEventKind.FAILED]


def test_the_shorter_time_of_a_step_is_an_error_of_the_step() -> None:
    with pytest.raises(JobError) as caught:
        Day().run(made(endless, timeout=0.01, retry=Retry(attempts=1)), BEGUN + 60)
    assert caught.value.code == "step_timeout"


def test_there_is_no_other_try_after_the_time_and_the_last_one_is_told() -> None:
    """Pauses of 1, 2, 4 and 8 s: the fourth would end after the time, so the step ends before it."""
    day = Day()
    with pytest.raises(JobError) as caught:
        day.run(made(busy, retry=Retry(attempts=9, first=1)), BEGUN + 10)
    assert day.now == BEGUN + 7
    assert day.events == [StepEventKind.STARTED, StepEventKind.RETRYING] * 3 + [
        StepEventKind.STARTED,
        StepEventKind.FAILED,
    ]
    assert (caught.value.code, caught.value.retry) == ("work_deadline", False)
    assert "busy, come later" in caught.value.message


def test_what_nobody_foresaw_is_told_by_its_code_and_the_rest_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Its text may be anything, and the error of the time crosses to whoever asks for the job."""

    async def odd() -> None:
        raise OSError("/srv/private is not there")

    with pytest.raises(JobError) as caught:
        Day().run(made(odd, retry=Retry(attempts=9, first=9)), BEGUN + 5)
    assert caught.value.message.endswith("; the last try: unexpected")
    assert "/srv/private" in caplog.text


def test_of_two_times_the_earlier_holds() -> None:
    async def both() -> None:
        with work_until(BEGUN + 60):
            await made(endless)(cast("Context", Somebody()))

    with pytest.raises(JobError, match="work_deadline"):
        Day().run(made(both), BEGUN)


def test_a_later_time_inside_of_an_earlier_one_gives_no_more() -> None:
    """Whoever says it inside may know less; afterwards the earlier one holds as before."""
    clock = Clock(now=lambda: BEGUN)
    with work_until(BEGUN + 60):
        with work_until(BEGUN + 3_600):
            assert work_time_left(clock) == 60
            with work_until(BEGUN + 6):
                assert work_time_left(clock) == 6
        assert work_time_left(clock) == 60


def test_a_job_ends_its_steps_in_time_and_goes_on_to_say_so(lab: WorkerLab) -> None:
    """Also those of a part, and those that run side by side."""
    lab.start()
    lab.create("a", "bounded", "a", 1)
    lab.create("b", "bounded", "b", -1)
    for job in "ab":
        assert re.fullmatch("work_deadline in (stand|watch), never", lab.result(job))
    assert lab.evidence.events_of("b") == ["began", "turned-0"]
    done = lab.evidence.events_of("a")
    assert (done.count("arrived-1"), done[-1]) == (done.count("left-1"), "turned-0")
    lab.evidence.open_gate()
    assert lab.result(lab.create("c", "bounded", "c", 600)) == "in time"


def test_the_time_is_the_same_when_another_worker_goes_on(lab: WorkerLab) -> None:
    """It counts from the job's own beginning, which is not repeated."""
    first = lab.start(lease=LEASE)
    lab.create("a", "bounded", "a", 600)
    lab.evidence.wait_for("a", "watches")
    first.kill()
    lab.start(lease=LEASE)
    lab.evidence.wait_for("a", "watches", times=2)
    lab.evidence.open_gate()
    assert lab.result("a") == "in time"
    [once, again] = [what for what in lab.evidence.events_of("a") if what.startswith("until-")]
    assert once == again
    assert lab.evidence.events_of("a").count("began") == 1
