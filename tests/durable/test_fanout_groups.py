"""A fan-out awaits at most sixteen parts: of more pieces it makes groups, and gathers what each group returns."""

from collections import Counter
from dataclasses import replace

import pytest
from pydantic import BaseModel
from resonate.context import Context

from durable import FanOut, PermanentError, step, workflow
from durable.testing import HANGING, DriverOptions, Job, WorkflowTest
from tests.durable.conftest import DrivenPlace

FEW_AT_A_TIME = 4


class Numbers(BaseModel):
    """A request to add numbers that follow each other."""

    first: int = 0
    size: int
    until: float = 4e9

    def split(self, size: int) -> "list[Numbers]":
        """Return requests for `size` numbers each; the last one may have fewer."""
        last = self.first + self.size
        return [Numbers(first=first, size=min(size, last - first)) for first in range(self.first, last, size)]


@step(timeout=120)
async def read_number(numbers: Numbers) -> int:
    """Return the number."""
    return numbers.first


@step(timeout=120)
async def add_numbers(numbers: Numbers, results: tuple[int, ...]) -> int:
    """Return the sum of a group's numbers."""
    assert len(results) == numbers.size
    return sum(results)


add_up: FanOut[Numbers, int] = FanOut(
    name="add_up", version=1, run=read_number, gather=add_numbers, concurrency=FEW_AT_A_TIME, group="readers"
)


@workflow(name="summed")
async def sum_up(ctx: Context, numbers: Numbers) -> list[int]:
    """Return the results of a fan-out."""
    return await add_up(ctx, numbers)


@pytest.fixture
def test(place: DrivenPlace) -> WorkflowTest:
    """A group of workers for jobs, and one for pieces; each worker has more room than a fan-out uses."""
    on = replace(place, options=DriverOptions(concurrency=20))
    return WorkflowTest(sum_up, add_up.workflow, groups={"readers": [add_up.workflow]}, on=on)


def start(test: WorkflowTest, size: int) -> Job[list[int]]:
    return test.start(sum_up, Numbers(size=size))


@pytest.mark.parametrize(
    ("size", "expected"),
    [(1, [0]), (16, list(range(16))), (17, [sum(range(6)), sum(range(6, 12)), sum(range(12, 17))])],
)
def test_up_to_sixteen_pieces_are_parts_and_more_are_grouped(
    test: WorkflowTest, size: int, expected: list[int]
) -> None:
    with test:
        assert start(test, size).result() == expected


def test_no_workflow_of_many_pieces_awaits_more_than_sixteen_parts(test: WorkflowTest) -> None:
    with test:
        job = start(test, 130)
        assert sum(job.result()) == sum(range(130))
        callers = Counter(one.id.rpartition(".")[0] for one in job.operations(kind=job.operation("add_up").kind))
        assert max(callers.values()) <= 16


@pytest.mark.parametrize("size", [10, 30])
def test_no_more_pieces_run_at_a_time_than_the_concurrency(test: WorkflowTest, size: int) -> None:
    attempts, running = Counter[int](), list[int]()

    def hang_once(numbers: Numbers) -> object:
        attempts[numbers.first] += 1
        running.append(sum(count == 1 for count in attempts.values()))
        return HANGING if attempts[numbers.first] == 1 else numbers.first

    with test:
        test.replace(read_number, hang_once)
        assert sum(start(test, size).result()) == sum(range(size))
    assert max(running) == FEW_AT_A_TIME


def test_the_failure_of_a_piece_is_the_failure_of_the_whole(test: WorkflowTest) -> None:
    with test:
        test.replace(read_number, lambda numbers: PermanentError("bad", "9") if numbers.first == 9 else numbers.first)
        error = start(test, 20).error()
        assert (error.code, error.step, error.retry) == ("bad", "read_number", False)
