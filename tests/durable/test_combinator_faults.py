"""Faults in the middle of what waits for several things: a job is canceled or out of time, workers drain or are two."""

import signal
from collections.abc import Callable
from datetime import timedelta

import pytest
from resonate.context import Context

from durable import Callback, Question, Workflow, map_steps, map_workflows, race, step, workflow
from durable.testing import DriverOptions, InProcess, Job, WorkflowTest
from tests.durable.worker_lab import EMBEDDED_SERVER, WorkerLab

DAY = timedelta(days=1)
NUMBERS = range(20)


@step(timeout=10)
async def double(number: int) -> int:
    """Return twice the number."""
    return 2 * number


@step(timeout=10)
async def announce(question: Question) -> str:
    """Announce a question."""
    return question.promise


@workflow(name="double_later")
async def double_later(ctx: Context, number: int) -> int:
    """Return twice the number, after a day."""
    await ctx.sleep(DAY)
    return await ctx.run(double, number)


@workflow(name="map_here")
async def map_here(ctx: Context) -> int:
    """Wait for a day, with items done before and after it."""
    before = (await map_steps(ctx, double, NUMBERS, max_at_once=3)).get()
    await ctx.sleep(DAY)
    return sum(before) + sum((await map_steps(ctx, double, NUMBERS, max_at_once=3)).get())


@workflow(name="map_elsewhere")
async def map_elsewhere(ctx: Context) -> int:
    """Have other workers do items, some at a time."""
    return sum((await map_workflows(ctx, double_later, NUMBERS, max_at_once=3)).get())


@workflow(name="race_with_others")
async def race_with_others(ctx: Context) -> int:
    """Wait for the first of two parts, a day."""
    first = await race(ctx, ctx.rpc(double_later, 1), ctx.rpc(double_later, 2))
    return first.get() and 1


@workflow(name="ask_client")
async def ask_client(ctx: Context) -> int:
    """Wait for an answer, two days."""
    return await Callback(int, timeout=2 * DAY, remind_every=timedelta(hours=5)).ask(ctx, announce)


WAITING: list[tuple[Workflow[[], int], int]] = [
    (map_here, 760),
    (map_elsewhere, 380),
    (race_with_others, 1),
    (ask_client, 7),
]
EACH_WORKFLOW = pytest.mark.parametrize(("work", "expected"), WAITING, ids=[work.name for work, _ in WAITING])


def finish(test: WorkflowTest, work: Workflow[[], int], begin: Callable[[Job[int]], None] = lambda _: None) -> int:
    """Return the result of a job, which a client answers when it asks."""
    job = test.start(work)
    begin(job)
    if work is ask_client:
        job.answer(7)
    result = job.result()
    assert [one for one in job.operations() if one.state == "pending"] == []
    return result


def list_own_calls(job: Job[int]) -> set[str]:
    """Return the calls of the job's own body."""
    return {one.id for one in job.operations() if "." not in one.id}


@EACH_WORKFLOW
def test_two_workers_take_turns(work: Workflow[[], int], expected: int) -> None:
    place = InProcess(options=DriverOptions(workers_per_group=2, concurrency=2))
    with WorkflowTest(work, double_later, on=place) as test:
        assert finish(test, work) == expected


@EACH_WORKFLOW
def test_all_workers_may_die_in_the_middle(work: Workflow[[], int], expected: int) -> None:
    with WorkflowTest(work, double_later) as test:

        def kill_in_the_middle(_: Job[int]) -> None:
            test.pass_time(hours=12)
            test.kill_workers()

        assert finish(test, work, kill_in_the_middle) == expected


@EACH_WORKFLOW
def test_a_canceled_job_begins_nothing_more(work: Workflow[[], int], expected: int) -> None:
    del expected
    with WorkflowTest(work, double_later) as test:
        job = test.start(work)
        test.pass_time(hours=12)
        begun = list_own_calls(job)
        job.cancel()
        test.pass_time(days=40)
        assert job.state == "rejected_canceled"
        assert list_own_calls(job) == begun


@EACH_WORKFLOW
def test_a_job_that_is_out_of_time_ends(work: Workflow[[], int], expected: int) -> None:
    del expected
    with WorkflowTest(work, double_later, lifetime=timedelta(hours=20)) as test:
        job = test.start(work)
        test.pass_time(days=3)
        assert job.state == "rejected_timedout"


@EMBEDDED_SERVER
def test_a_worker_drains_in_the_middle_of_a_map_and_loses_no_item(lab: WorkerLab) -> None:
    """The steps that run end within its grace; another worker does the others."""
    first = lab.start(concurrency=4)
    job = lab.create("wide", "mapped", "wide", 6, 3)
    for number in range(3):
        lab.evidence.wait_for("wide", f"began-{number}")
    first.send_signal(signal.SIGTERM)
    first.wait_until_not_ready()
    lab.evidence.open_gate()
    assert first.wait_for_exit() == 0
    lab.start(concurrency=4)
    assert lab.result(job) == list(range(6))
    assert sorted(lab.evidence.events_of("wide")) == sorted(
        f"{what}-{n}" for what in ("began", "did") for n in range(6)
    )
