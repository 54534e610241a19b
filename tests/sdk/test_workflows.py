"""The Python SDK, unchanged, where nothing goes wrong: each test is one thing that a workflow may do."""

import time
from datetime import timedelta

import pytest
from resonate.error import ResonateTimeoutError, ServerError
from resonate.types import Value

from tests.sdk.lab import SdkLab, run_scenario


def test_five_steps_run_once_each_and_in_order(lab: SdkLab) -> None:
    """A workflow of five steps returns their results, and no step ran twice."""
    lab.start("workers")
    names = [f"step-{n}" for n in range(5)]
    assert lab.result("five", "five_steps") == names
    assert lab.evidence.events_of("five") == names


def test_a_failing_step_fails_its_workflow(lab: SdkLab) -> None:
    """The caller of a workflow whose step raised gets an error with the step's message."""
    lab.start("workers")
    with pytest.raises(ValueError, match="no such page"):
        lab.result("failing", "failing")


def test_a_workflow_fails_at_its_deadline(lab: SdkLab) -> None:
    """The caller of a workflow that is not done in time gets an error, and no later step of it starts."""

    async def scenario() -> None:
        async with lab.caller() as caller:
            hurried = caller.options(target="workers", timeout=timedelta(seconds=1))
            with pytest.raises(ResonateTimeoutError):
                await hurried.rpc("late", "pass_gate").result()
            lab.evidence.open_gate()
            # The worker has one slot: another job ends only when the late one has left it.
            assert await caller.options(target="workers").rpc("next", "double", 1).result() == 2

    lab.start("workers", slots=1)
    run_scenario(scenario())
    assert lab.evidence.events_of("late") == ["before", "arrived", "passed"]


def test_a_remote_call_runs_in_the_group_it_names(lab: SdkLab) -> None:
    """A workflow of one group calls a function of another, which runs in that group's process."""
    _, back = lab.start("workers", "back")
    assert lab.result("remote", "double_elsewhere", 20) == 41
    assert lab.evidence.lines() == [("remote", "double-20", back.pid)]


def test_a_client_settles_a_promise(lab: SdkLab) -> None:
    """A workflow that waits for a promise resumes with the value that a client settled it with first."""

    async def scenario() -> object:
        async with lab.caller() as caller:
            handle = caller.options(target="workers").rpc("asking", "ask")
            asked = await lab.evidence.first(lambda line: line.event.startswith("asked:"))
            assert not handle.done()
            promise_id = asked.event.removeprefix("asked:")
            await caller.promises.resolve(promise_id, Value(data={"page": 7}))
            late = await caller.promises.reject(promise_id, Value(data="too late"))
            assert (late.state, late.value.data) == ("resolved", {"page": 7})
            return await handle.result()

    lab.start("workers")
    assert run_scenario(scenario()) == {"page": 7}
    assert lab.evidence.events_of("asking")[1:] == ["answered"]


def test_a_detached_workflow_outlives_its_parent(lab: SdkLab) -> None:
    """A workflow ends while the one that it detached still runs, and that one ends too."""

    async def scenario() -> tuple[str, object]:
        async with lab.caller() as caller:
            child: str = await caller.options(target="workers").rpc("parent", "detach").result()
            await lab.evidence.first(lambda line: line.event == "arrived")
            lab.evidence.open_gate()
            return child, await (await caller.get(child)).result()

    lab.start("workers")
    child, result = run_scenario(scenario())
    assert child.startswith("parent:")
    assert result == ["before", "passed", "after"]
    assert lab.evidence.events_of("parent") == ["before", "arrived", "passed", "after"]


def test_a_schedule_starts_its_workflow(lab: SdkLab) -> None:
    """A schedule of every second starts its workflow under an id with the time, until it is deleted."""

    async def scenario() -> tuple[str, object]:
        async with lab.caller() as caller:
            # Six fields: the first is seconds. Five, as usual, would make the test wait for the next minute.
            schedule = await caller.options(target="workers").schedule("nightly", "* * * * * *", "double", args=(21,))
            fired = await lab.evidence.first(lambda line: line.job.startswith("nightly-"))
            await schedule.delete()
            with pytest.raises(ServerError, match="not found"):
                await caller.schedules.get("nightly")
            return fired.job, await (await caller.get(fired.job)).result()

    lab.start("workers")
    job, result = run_scenario(scenario())
    assert abs(int(job.removeprefix("nightly-")) / 1000 - time.time()) < 60
    assert result == 42


def test_fifty_children_run_once_each_on_two_workers(lab: SdkLab) -> None:
    """A workflow that starts fifty remote children at once gets every result, and no child ran twice."""
    lab.start("workers", "workers")
    assert lab.result("wide", "fan_out", 50) == 2450
    lines = lab.evidence.lines()
    assert sorted(line.event for line in lines) == sorted(f"double-{n}" for n in range(50))


def test_a_workflow_calls_itself(lab: SdkLab) -> None:
    """A recursion of ten workflows, each awaiting the next, comes back with the right number."""
    lab.start("workers", "workers")
    assert lab.result("recursive", "factorial", 10) == 3_628_800


def test_one_id_is_one_execution(lab: SdkLab) -> None:
    """A client that starts a job under a used id gets the first job's result, whatever the arguments."""

    async def scenario() -> list[object]:
        async with lab.caller() as one, lab.caller() as other:
            first = one.options(target="workers").rpc("once", "double", 4)
            await first.id()
            second = other.options(target="workers").rpc("once", "double", 5)
            results = [await first.result(), await second.result()]
            return [*results, await one.options(target="workers").rpc("once", "double", 6).result()]

    lab.start("workers")
    assert run_scenario(scenario()) == [8, 8, 8]
    assert lab.evidence.events_of("once") == ["double-4"]
