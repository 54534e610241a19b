"""The same step or workflow for many items: when it is over, what became of each item, and what it costs."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import BaseModel
from resonate.context import Context

from durable import (
    ALL_COMPLETED,
    FAIL_FAST,
    FIRST_SUCCESSFUL,
    Batch,
    BatchEnd,
    Completion,
    Counts,
    PermanentError,
    Workflow,
    map_steps,
    map_workflows,
    step,
    workflow,
)
from durable.testing import Certificate, JobFailedError, Trial, WorkflowTest

type Mapper = Workflow[[int, str], str]
type Certify = Callable[..., Certificate]


class Square(BaseModel):
    """A value with a type of its own."""

    root: int
    area: int


@step(timeout=10)
async def square(number: int) -> Square:
    """Return the square; every fifth number is an error."""
    if number % 5 == 3:
        raise PermanentError("bad", f"{number} is bad")
    return Square(root=number, area=number * number)


@step(timeout=10)
async def hang_but_first(number: int) -> int:
    """Return the first number, and hang with the others until they are stopped."""
    if number:
        await asyncio.Event().wait()
    return number


@step(timeout=10)
async def write(size: int) -> str:
    """Return a text of a size."""
    return "x" * size


@workflow(name="square_later")
async def square_later(ctx: Context, number: int) -> Square:
    """Return the square after some hours, which differ."""
    await ctx.sleep(timedelta(hours=number * 7_919 % 13))
    return await ctx.run(square, number)


def show(batch: Batch[Square]) -> str:
    """Return all that a batch says."""
    counts = batch.counts
    assert sorted([*batch.results, *batch.errors, *batch.called_off]) == list(
        range(counts.done + counts.failed + counts.called_off)
    )
    assert all(batch.results[index] == Square(root=index, area=index * index) for index in batch.results)
    assert batch.values == [batch.results[index] for index in sorted(batch.results)]
    assert {error.message for error in batch.errors.values()} == {f"{index} is bad" for index in batch.errors}
    return f"{batch.end.name} {counts.done} {counts.failed} {counts.called_off} {counts.not_begun}"


COMPLETIONS = {
    "all": ALL_COMPLETED,
    "fail fast": FAIL_FAST,
    "first": FIRST_SUCCESSFUL,
    "enough": Completion(enough=4),
    "tolerated": Completion(tolerated=1),
    "share": Completion(tolerated_share=0.1),
    "stopped": Completion(enough=4, stop_running=True),
}


@workflow(name="square_here")
async def square_here(ctx: Context, count: int, completion: str) -> str:
    batch = await map_steps(ctx, square, range(count), max_at_once=3, completion=COMPLETIONS[completion])
    after = await map_steps(ctx, square, [1, 2])
    return f"{show(batch)}, then {[one.area for one in after.get()]}"


@workflow(name="square_elsewhere")
async def square_elsewhere(ctx: Context, count: int, completion: str) -> str:
    batch = await map_workflows(ctx, square_later, range(count), max_at_once=3, completion=COMPLETIONS[completion])
    after = await map_steps(ctx, square, [1, 2])
    return f"{show(batch)}, then {[one.area for one in after.get()]}"


@pytest.mark.parametrize(
    ("work", "count", "completion", "expected"),
    [
        (square_here, 0, "fail fast", "ALL_ENDED 0 0 0 0"),
        (square_here, 3, "fail fast", "ALL_ENDED 3 0 0 0"),
        (square_here, 6, "all", "ALL_ENDED 5 1 0 0"),
        (square_here, 40, "all", "ALL_ENDED 32 8 0 0"),
        (square_here, 40, "share", "TOO_MANY_FAILED 20 5 0 15"),
        (square_elsewhere, 6, "all", "ALL_ENDED 5 1 0 0"),
        (square_elsewhere, 40, "all", "ALL_ENDED 32 8 0 0"),
        (square_elsewhere, 40, "first", "ENOUGH_SUCCEEDED 1 0 2 37"),
        (square_elsewhere, 40, "stopped", "ENOUGH_SUCCEEDED 4 1 2 33"),
        (square_elsewhere, 40, "fail fast", "TOO_MANY_FAILED 5 1 0 34"),
    ],
)
def test_a_batch_is_over_when_its_completion_says_so(work: Mapper, count: int, completion: str, expected: str) -> None:
    with WorkflowTest(work, square_later) as test:
        job = test.start(work, count, completion)
        assert job.result() == f"{expected}, then [1, 4]"
        assert [one for one in job.operations() if one.state == "pending"] == []


def test_items_that_run_when_enough_have_succeeded_are_stopped() -> None:
    @workflow(name="one_of_many")
    async def one_of_many(ctx: Context) -> Counts:
        batch = await map_steps(ctx, hang_but_first, range(9), max_at_once=4, completion=FIRST_SUCCESSFUL)
        assert batch.get() == [0]
        return batch.counts

    with WorkflowTest(one_of_many) as test:
        counts = test.start(one_of_many).result()
        assert (counts.done, counts.failed, counts.not_begun) == (1, 0, 8 - counts.called_off)
        assert counts.called_off >= 1


@pytest.mark.parametrize(
    ("work", "count", "completion", "cuts"),
    [
        (square_here, 6, "fail fast", ("before", "after", "answer")),
        (square_here, 18, "all", ("before",)),
        (square_elsewhere, 5, "stopped", ("before", "after")),
        (square_elsewhere, 18, "fail fast", ("after",)),
    ],
)
def test_no_crash_loses_an_item_or_its_place(
    certify: Certify, work: Mapper, count: int, completion: str, cuts: tuple[str, ...]
) -> None:
    """Which items run when a batch is over is chance, so only what is certain is compared."""
    is_complete = completion == "all"

    def run(trial: Trial) -> object:
        with trial.test(work, square_later) as test:
            outcome: str = test.start(work, count, completion).result()
            return outcome if is_complete else (outcome.split(maxsplit=1)[0], outcome.partition(",")[2])

    certify(run, cuts=cuts)


def test_more_items_than_a_map_may_have_are_refused() -> None:
    @workflow(name="huge")
    async def huge(ctx: Context) -> int:
        return len((await map_steps(ctx, square, range(10_001))).get())

    with WorkflowTest(huge) as test:
        error = test.start(huge).error()
        assert error.code == "too_many_items"
        assert "items of square: 10001 items are more than 10000: map them in slices" in error.message
        assert test.begun == {}


@pytest.mark.parametrize("count", [9, 60])
def test_results_that_one_record_cannot_hold_stop_the_map(count: int) -> None:
    @workflow(name="bulky")
    async def bulky(ctx: Context) -> int:
        return len((await map_steps(ctx, write, [60_000] * count, max_at_once=2)).get())

    with WorkflowTest(bulky) as test:
        error = test.start(bulky).error()
        assert error.code == "result_too_large"
        assert "of the results of" not in error.message
        assert f"of {count} items have more than 262144 bytes, which one record cannot hold" in error.message
        assert test.begun["write"] <= 6


def test_the_error_of_a_batch_is_the_most_severe_one() -> None:
    @workflow(name="raising")
    async def raising(ctx: Context) -> int:
        return len((await map_steps(ctx, square, range(9), max_at_once=9)).get())

    with WorkflowTest(raising) as test, pytest.raises(JobFailedError, match="3 is bad"):
        test.start(raising).result()


@pytest.mark.parametrize(
    "options", [{"enough": 0}, {"tolerated": -1}, {"tolerated_share": 1.5}, {"tolerated_share": -0.1}]
)
def test_an_impossible_completion_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="invalid completion"):
        Completion(**options)  # type: ignore[arg-type]


def test_a_batch_that_cannot_succeed_often_enough_is_over() -> None:
    completion = Completion(enough=3)
    assert completion.find_end(done=2, failed=1, total=4) is None
    assert completion.find_end(done=1, failed=2, total=4) is BatchEnd.TOO_MANY_FAILED


def test_a_share_is_not_rounded_to_a_failure_less() -> None:
    """As numbers of a computer, 0.29 * 100 is less than 29."""
    completion = Completion(tolerated_share=0.29)
    assert completion.find_end(done=0, failed=29, total=100) is None
    assert completion.find_end(done=0, failed=30, total=100) is BatchEnd.TOO_MANY_FAILED
