"""The workflows that workers are measured with: their steps do next to nothing, so that only the worker costs.

What they did is known in their own process (`FINISHED`), and in a file of lines that several processes share.
"""

import asyncio
import os
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

from resonate.context import Context

from durable import Workflow, step, workflow

FOLDER: Final = "BENCH_FOLDER"  # the variable that names where the lines are
LONG: Final = 1.0  # seconds of a step that a worker is told to leave in
STUCK: Final = 600.0  # seconds of a step that only its worker's end ends
FINISHED: dict[int, float] = {}  # the jobs whose last step ran here, and when


class Line(NamedTuple):
    """A step began or ended, in a process, at a time of the clock that all processes of a machine share."""

    job: str
    what: str
    pid: int
    at: float


def note(job: str, what: str) -> None:
    """Add a line; a short append is one write, so lines of several processes do not mix."""
    with (Path(os.environ[FOLDER]) / "lines.txt").open("a") as lines:
        lines.write(f"{job} {what} {os.getpid()} {time.monotonic()}\n")


def lines_in(folder: Path) -> list[Line]:
    """Every line so far, oldest first."""
    file = folder / "lines.txt"
    split = (line.split() for line in file.read_text().splitlines()) if file.exists() else ()
    return [Line(job, what, int(pid), float(at)) for job, what, pid, at in split]


@step(timeout=60)
async def begin(number: int) -> int:
    """Do nothing."""
    return number


@step(timeout=60)
async def finish(number: int) -> int:
    """Note that this was the last step."""
    FINISHED.setdefault(number, time.monotonic())
    return number


@workflow(name="tiny")
async def tiny(ctx: Context, number: int) -> int:
    """Take two steps that do nothing."""
    return await ctx.run(finish, await ctx.run(begin, number))


@step(timeout=2 * STUCK)
async def work(job: str, seconds: float) -> None:
    """Take so long."""
    note(job, "began")
    await asyncio.sleep(seconds)
    note(job, "ended")


@step(timeout=60)
async def follow(job: str) -> None:
    """Come after it."""
    note(job, "followed")


@workflow(name="slow")
async def slow(ctx: Context, job: str, seconds: float) -> None:
    """Take a long step and a short one."""
    await ctx.run(work, job, seconds)
    await ctx.run(follow, job)


WORKFLOWS: Final[list[Workflow[..., Any]]] = [tiny, slow]
