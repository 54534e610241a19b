"""What a step costs in a history of 100 steps and of 1,000, and in chapters of a hundred steps."""

import time
from typing import Final

from durable import Chapter, Context, Workflow, run_chapters, step, workflow
from durable.testing import WorkflowTest

from .counting_server import CountingPlace
from .report import format_table

_CHAPTER_STEPS: Final = 100


@step(timeout=60)
async def add(total: int, number: int) -> int:
    """Return the sum."""
    return total + number


@workflow(name="one_history", version=1)
async def count_in_one_history(ctx: Context, steps: int) -> int:
    """Make each step a call of this workflow."""
    total = 0
    for number in range(steps):
        total = await ctx.run(add, total, number)
    return total


@workflow(name="chapter", version=1)
async def count_in_chapter(ctx: Context, state: tuple[int, int, int]) -> Chapter[tuple[int, int, int], int]:
    """Make some steps; the next ones are another chapter."""
    total, first, steps = state
    end = min(first + _CHAPTER_STEPS, steps)
    for number in range(first, end):
        total = await ctx.run(add, total, number)
    return Chapter.last(total) if end == steps else Chapter.next((total, end, steps))


@workflow(name="chapters", version=1)
async def count_in_chapters(ctx: Context, steps: int) -> int:
    """Make the steps in chapters."""
    return await run_chapters(ctx, count_in_chapter, (0, 0, steps))


_CASES: Final[tuple[tuple[str, Workflow[[int], int], int], ...]] = (
    ("one history", count_in_one_history, 100),
    ("one history", count_in_one_history, 1_000),
    ("chapters", count_in_chapters, 1_000),
    ("chapters", count_in_chapters, 10_500),
)


def measure_histories() -> str:
    """Return the cost of a step, for the worker and the server together."""
    rows = []
    for name, counted, steps in _CASES:
        place = CountingPlace()
        with WorkflowTest(counted, count_in_chapter, on=place) as test:
            started = time.process_time()
            result = test.start(counted, steps).result()
            seconds = time.process_time() - started
        assert result == sum(range(steps))
        requests, kilobytes = place.server.requests / steps, place.server.answered_bytes / steps / 1_000
        rows.append([name, f"{steps:,}", f"{requests:.2f}", f"{kilobytes:.1f}", f"{1_000 * seconds / steps:.1f}"])
    return format_table(["history", "steps", "requests a step", "kB answered a step", "CPU ms a step"], rows)
