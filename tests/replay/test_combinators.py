"""Jobs with races, maps, sagas, looks and chapters are the same when the code that ran them replays them."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from durable import PermanentError, Workflow
from durable.replay.replayer import replay
from durable.testing import JobFailedError, WorkflowTest
from tests.durable import test_chapters as chapters
from tests.durable import test_mapping as mapping
from tests.durable import test_polling as polling
from tests.durable import test_races as races
from tests.durable import test_saga as sagas

type Arrange = Callable[[WorkflowTest], object]


def arrange_nothing(_: WorkflowTest) -> None:
    """Leave the steps as they are."""


CASES: dict[str, tuple[Workflow[..., Any], tuple[Any, ...], list[Workflow[..., Any]], Arrange]] = {
    "race of parts": (races.race_parts, (), [races.later], arrange_nothing),
    "race of workflows": (races.race_here, (), [races.later], arrange_nothing),
    "race of steps": (races.race_steps, (), [], arrange_nothing),
    "race with a sleep": (races.race_clock, (), [races.later], arrange_nothing),
    "first successful": (races.first_good, (), [races.later], arrange_nothing),
    "none successful": (races.no_good, (), [races.later], arrange_nothing),
    "all": (races.all_good, (), [races.later], arrange_nothing),
    "all but one": (races.one_bad, (), [races.later], arrange_nothing),
    "all settled": (races.wait_for_all, (), [races.later], arrange_nothing),
    "map of steps": (mapping.square_here, (12, "all"), [], arrange_nothing),
    "map that stops": (mapping.square_here, (12, "stopped"), [], arrange_nothing),
    "map of workflows": (mapping.square_elsewhere, (12, "all"), [mapping.square_later], arrange_nothing),
    "map of enough": (mapping.square_elsewhere, (12, "enough"), [mapping.square_later], arrange_nothing),
    "saga": (sagas.place_order, ("a",), [], arrange_nothing),
    "saga that undoes": (
        sagas.place_order, ("a",), [], lambda test: test.replace(sagas.ship, PermanentError("gone", "it is lost")),
    ),
    "looks": (
        polling.wait_for_payment, ("a",), [], lambda test: test.replace(polling.find_payment, *[None] * 24, "found"),
    ),
    "chapters": (chapters.sum_up, (25,), [chapters.count], arrange_nothing),
}  # fmt: skip


@pytest.mark.parametrize(("work", "args", "others", "arrange"), CASES.values(), ids=CASES)
def test_a_recorded_job_is_the_same_for_the_code_that_ran_it(
    work: Workflow[..., Any], args: tuple[Any, ...], others: list[Workflow[..., Any]], arrange: Arrange
) -> None:
    with WorkflowTest(work, *others) as test:
        arrange(test)
        job = test.start(work, *args)
        with suppress(JobFailedError):
            job.result()
        verdict = replay(job.recording(), [work, *others])
    assert verdict.is_same, str(verdict)
