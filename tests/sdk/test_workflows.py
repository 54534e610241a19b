"""The Python SDK, unchanged, where nothing goes wrong: each test is one thing that a workflow may do."""

import time
from datetime import timedelta

import pytest
from resonate.error import ResonateTimeoutError, ServerError
from resonate.types import Value

from tests.sdk.stage import Stage, play


def test_five_steps_run_once_each_and_in_order(stage: Stage) -> None:
    """A workflow of five steps returns their results, and no step ran twice."""
    stage.start("workers")
    names = [f"step-{n}" for n in range(5)]
    assert stage.result("five", "five_steps") == names
    assert stage.evidence.events_of("five") == names


def test_a_failing_step_fails_its_workflow(stage: Stage) -> None:
    """The caller of a workflow whose step raised gets an error with the step's message."""
    stage.start("workers")
    with pytest.raises(ValueError, match="no such page"):
        stage.result("failing", "failing")


def test_a_workflow_fails_at_its_deadline(stage: Stage) -> None:
    """The caller of a workflow that is not done in time is told so, and no later step of it starts."""

    async def scenario() -> None:
        async with stage.caller() as caller:
            hurried = caller.options(target="workers", timeout=timedelta(seconds=1))
            with pytest.raises(ResonateTimeoutError):
                await hurried.rpc("late", "gated").result()
            stage.evidence.open_gate()
            # The worker has one slot: another job ends only when the late one has left it.
            assert await caller.options(target="workers").rpc("next", "double", 1).result() == 2

    stage.start("workers", slots=1)
    play(scenario())
    assert stage.evidence.events_of("late") == ["before", "arrived", "passed"]


def test_a_remote_call_runs_in_the_group_it_names(stage: Stage) -> None:
    """A workflow of one group calls a function of another, which runs in that group's process."""
    _, back = stage.start("workers", "back")
    assert stage.result("remote", "double_elsewhere", 20) == 41
    assert stage.evidence.lines() == [("remote", "double-20", back.pid)]


def test_a_promise_is_kept_from_outside(stage: Stage) -> None:
    """A workflow that waits for a promise goes on with the value that somebody outside settled it with first."""

    async def scenario() -> object:
        async with stage.caller() as caller:
            handle = caller.options(target="workers").rpc("asking", "ask")
            asked = await stage.evidence.first(lambda line: line.event.startswith("asked:"))
            assert not handle.done()
            promise_id = asked.event.removeprefix("asked:")
            await caller.promises.resolve(promise_id, Value(data={"page": 7}))
            late = await caller.promises.reject(promise_id, Value(data="too late"))
            assert (late.state, late.value.data) == ("resolved", {"page": 7})
            return await handle.result()

    stage.start("workers")
    assert play(scenario()) == {"page": 7}
    assert stage.evidence.events_of("asking")[1:] == ["answered"]


def test_a_detached_workflow_outlives_its_parent(stage: Stage) -> None:
    """A workflow ends while the one that it detached still runs, and that one ends too."""

    async def scenario() -> tuple[str, object]:
        async with stage.caller() as caller:
            child: str = await caller.options(target="workers").rpc("parent", "detach").result()
            await stage.evidence.first(lambda line: line.event == "arrived")
            stage.evidence.open_gate()
            return child, await (await caller.get(child)).result()

    stage.start("workers")
    child, result = play(scenario())
    assert child.startswith("parent:")
    assert result == ["before", "passed", "after"]
    assert stage.evidence.events_of("parent") == ["before", "arrived", "passed", "after"]


def test_a_schedule_starts_its_workflow(stage: Stage) -> None:
    """A schedule of every second starts its workflow under an id with the time, until it is deleted."""

    async def scenario() -> tuple[str, object]:
        async with stage.caller() as caller:
            # Six fields: the first is seconds. Five, as usual, would make the test wait for the next minute.
            schedule = await caller.options(target="workers").schedule("nightly", "* * * * * *", "double", args=(21,))
            fired = await stage.evidence.first(lambda line: line.job.startswith("nightly-"))
            await schedule.delete()
            with pytest.raises(ServerError, match="not found"):
                await caller.schedules.get("nightly")
            return fired.job, await (await caller.get(fired.job)).result()

    stage.start("workers")
    job, result = play(scenario())
    assert abs(int(job.removeprefix("nightly-")) / 1000 - time.time()) < 60
    assert result == 42


def test_fifty_children_run_once_each_on_two_workers(stage: Stage) -> None:
    """A workflow that starts fifty remote children at once gets every result, and no child ran twice."""
    stage.start("workers", "workers")
    assert stage.result("wide", "fan_out", 50) == 2450
    lines = stage.evidence.lines()
    assert sorted(line.event for line in lines) == sorted(f"double-{n}" for n in range(50))


def test_a_workflow_calls_itself(stage: Stage) -> None:
    """A recursion of ten workflows, each awaiting the next, comes back with the right number."""
    stage.start("workers", "workers")
    assert stage.result("recursive", "factorial", 10) == 3_628_800


def test_one_id_is_one_execution(stage: Stage) -> None:
    """Whoever starts a job under an id that was used before gets the first one's result, whatever the arguments."""

    async def scenario() -> list[object]:
        async with stage.caller() as one, stage.caller() as other:
            first = one.options(target="workers").rpc("once", "double", 4)
            await first.id()
            second = other.options(target="workers").rpc("once", "double", 5)
            results = [await first.result(), await second.result()]
            return [*results, await one.options(target="workers").rpc("once", "double", 6).result()]

    stage.start("workers")
    assert play(scenario()) == [8, 8, 8]
    assert stage.evidence.events_of("once") == ["double-4"]
