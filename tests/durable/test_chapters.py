"""Workflows without an end: each chapter has a history of its own, and costs what the first did."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import BaseModel

from durable import Chapter, Context, PermanentError, run_chapters, step, workflow
from durable.testing import Certificate, Trial, WorkflowTest
from durable.wire.call_record import CallKind

type Open = Callable[..., WorkflowTest]


class Sum(BaseModel):
    """The state of the chapters."""

    to: int
    number: int = 0
    total: int = 0


@step(timeout=10)
async def add(total: int, number: int) -> int:
    return total + number


@workflow(name="count")
async def count(ctx: Context, state: Sum) -> Chapter[Sum, str]:
    """Add one number an hour."""
    if state.number == state.to:
        return Chapter.last(f"the sum is {state.total}")
    total = await ctx.run(add, state.total, state.number + 1)
    await ctx.sleep(timedelta(hours=1))
    return Chapter.next(Sum(to=state.to, number=state.number + 1, total=total))


@workflow(name="sum_up")
async def sum_up(ctx: Context, to: int) -> str:
    return await run_chapters(ctx, count, Sum(to=to))


@workflow(name="sum_up_elsewhere")
async def sum_up_elsewhere(ctx: Context, to: int) -> str:
    return await run_chapters(ctx, count, Sum(to=to), group="counters")


@pytest.mark.parametrize("to", [0, 1, 19, 20, 45])
def test_a_chapter_begins_with_the_state_of_the_one_before(workflow_test: Open, to: int) -> None:
    test = workflow_test(sum_up, count)
    job = test.start(sum_up, to)
    assert job.result() == f"the sum is {to * (to + 1) // 2}"
    assert test.begun.get("add", 0) == to


def test_chapters_run_on_the_workers_of_a_group(workflow_test: Open) -> None:
    test = workflow_test(sum_up_elsewhere, groups={"counters": [count]})
    assert test.start(sum_up_elsewhere, 3).result() == "the sum is 6"


def test_the_last_chapter_costs_as_much_as_the_first(workflow_test: Open) -> None:
    requests, longest = list[int](), list[int]()
    for to in (10, 30, 50):
        test = workflow_test(sum_up, count)
        job = test.start(sum_up, to)
        job.result()
        requests.append(len(test.requests))
        longest.append(max(len(one.id) for one in job.operations()))
    assert requests[2] - requests[1] <= 1.2 * (requests[1] - requests[0])
    assert longest[2] <= longest[0] + 2  # digits of a number, not a level for each chapter


def test_a_chapter_that_fails_fails_the_job(workflow_test: Open) -> None:
    test = workflow_test(sum_up, count)
    test.replace(add, 1, PermanentError("broken", "it cannot add"))
    error = test.start(sum_up, 5).error()
    assert (error.code, error.step) == ("broken", "add")


def test_no_chapter_follows_in_a_canceled_job(workflow_test: Open) -> None:
    test = workflow_test(sum_up, count)
    job = test.start(sum_up, 40)
    test.pass_time(hours=5, minutes=30)
    job.cancel()
    begun = test.begun["add"]
    test.pass_time(days=2)
    assert job.state == "rejected_canceled"
    assert test.begun["add"] == begun
    assert [one.id for one in job.operations() if one.state == "pending" and one.kind is CallKind.PART] == []


def test_a_worker_that_dies_at_any_request_changes_nothing(certify: Callable[..., Certificate]) -> None:
    def scenario(trial: Trial) -> object:
        with trial.test(sum_up, count) as test:
            return test.start(sum_up, 1).result()

    certify(scenario)
