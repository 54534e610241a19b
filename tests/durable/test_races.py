"""Several calls at once: the first of them, the first that succeeds, all of them; and what becomes of the others."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from resonate.context import Context

from durable import (
    CallOutcome,
    PermanentError,
    Workflow,
    all_of,
    all_settled,
    first_successful,
    race,
    step,
    workflow,
)
from durable.testing import Certificate, JobFailedError, Trial, WorkflowTest

type Certify = Callable[..., Certificate]


@step(timeout=10)
async def give(number: int) -> int:
    """Return the number; 0 is an error."""
    if not number:
        raise PermanentError("zero", "there is no number")
    return number


@step(timeout=10)
async def hang(number: int) -> int:
    """Return only when it is stopped."""
    await asyncio.Event().wait()
    return number


@workflow(name="later")
async def later(ctx: Context, hours: int, number: int) -> int:
    """Return the number after some hours."""
    await ctx.sleep(timedelta(hours=hours))
    return await ctx.run(give, number)


def show(first: CallOutcome[Any]) -> str:
    return f"{first.index}: {first.value}"


@workflow(name="race_parts")
async def race_parts(ctx: Context) -> str:
    first = await race(ctx, ctx.rpc(later, 5, 50), ctx.rpc(later, 2, 20), ctx.rpc(later, 9, 90))
    return f"{show(first)}, then {await ctx.run(give, 7)}"


@workflow(name="race_here")
async def race_here(ctx: Context) -> str:
    first = await race(ctx, ctx.run(later, 5, 50), ctx.run(later, 2, 20), ctx.sleep(timedelta(days=9)))
    return f"{show(first)}, then {await ctx.run(give, 7)}"


@workflow(name="race_steps")
async def race_steps(ctx: Context) -> str:
    first = await race(ctx, ctx.run(hang, 1), ctx.run(give, 2), ctx.run(hang, 3))
    return f"{show(first)}, then {await ctx.run(give, 7)}"


@workflow(name="race_clock")
async def race_clock(ctx: Context) -> str:
    first = await race(ctx, ctx.rpc(later, 5, 50), ctx.sleep(timedelta(hours=1)))
    return show(first)


@workflow(name="first_good")
async def first_good(ctx: Context) -> str:
    return show(await first_successful(ctx, ctx.rpc(later, 5, 50), ctx.rpc(later, 2, 0), ctx.rpc(later, 9, 90)))


@workflow(name="no_good")
async def no_good(ctx: Context) -> str:
    return show(await first_successful(ctx, ctx.rpc(later, 5, 0), ctx.run(give, 0)))


@workflow(name="all_good")
async def all_good(ctx: Context) -> str:
    number, nothing, other = await all_of(ctx, ctx.rpc(later, 5, 50), ctx.sleep(timedelta(hours=1)), ctx.run(give, 7))
    return f"{number} {nothing} {other}"


@workflow(name="one_bad")
async def one_bad(ctx: Context) -> str:
    return str(await all_of(ctx, ctx.rpc(later, 500, 50), ctx.rpc(later, 2, 0), ctx.promise(), ctx.run(give, 7)))


@workflow(name="settled")
async def wait_for_all(ctx: Context) -> list[str]:
    outcomes = await all_settled(ctx, ctx.rpc(later, 5, 50), ctx.rpc(later, 2, 0), ctx.run(give, 7))
    return [outcome.error.code if outcome.error else str(outcome.get()) for outcome in outcomes]


CASES: list[tuple[Workflow[[], Any], object, int]] = [
    (race_parts, "1: 20, then 7", 2),
    (race_here, "1: 20, then 7", 2),
    (race_steps, "1: 2, then 7", 0),
    (race_clock, "1: None", 1),
    (first_good, "0: 50", 5),
    (no_good, "zero", 5),
    (all_good, "50 None 7", 5),
    (one_bad, "zero", 2),
    (wait_for_all, ["50", "zero", "7"], 5),
]
EACH_CASE = pytest.mark.parametrize(("work", "expected", "hours"), CASES, ids=[work.name for work, *_ in CASES])


def finish(test: WorkflowTest, work: Workflow[[], Any]) -> object:
    """Return the job's result or the code of its error, once it has ended with everything that it had started."""
    job = test.start(work)
    try:
        outcome: object = job.result()
    except JobFailedError as failed:
        outcome = failed.error.code
    assert [one for one in job.operations() if one.state == "pending"] == []
    return outcome


@EACH_CASE
def test_a_job_ends_with_the_decision_and_nothing_stays_open(
    work: Workflow[[], Any], expected: object, hours: int
) -> None:
    with WorkflowTest(work, later) as test:
        began = test.now
        assert finish(test, work) == expected
        assert 3_600 * hours <= test.now - began < 3_600 * hours + 60


@EACH_CASE
def test_no_crash_changes_the_decision(certify: Certify, work: Workflow[[], Any], expected: object, hours: int) -> None:
    """A run that resumes sees more calls settled than the one that decided."""
    del hours

    def run(trial: Trial) -> object:
        with trial.test(work, later) as test:
            return finish(test, work)

    certificate = certify(run)
    assert certificate.plain.outcome == repr(expected) or str(expected) in str(certificate.plain.outcome)


def test_a_step_that_lost_is_stopped_and_called_off() -> None:
    with WorkflowTest(race_steps) as test:
        job = test.start(race_steps)
        job.result()
        assert [(one.name, one.state) for one in job.operations(name="hang")] == [("hang", "rejected_canceled")] * 2


def test_what_a_part_that_lost_had_started_is_called_off() -> None:
    with WorkflowTest(race_clock, later) as test:
        job = test.start(race_clock)
        job.result()
        states = {one.id: one.state for one in job.operations()}
        assert {states[f"{job.id}:1"], states[f"{job.id}:1.1"]} == {"rejected_canceled"}
