"""Workflows that measure workers: their steps do next to nothing, so only the worker itself costs time.

Steps record what they did in their process (`FINISH_TIMES`), and in a file that all processes share.
"""

import asyncio
import os
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

from resonate.context import Context

from durable import Workflow, step, workflow

FOLDER_VARIABLE: Final = "BENCH_FOLDER"  # names the folder of the shared file
SHORT_STEP_SECONDS: Final = 1.0  # of a step during which the worker gets SIGTERM
ENDLESS_STEP_SECONDS: Final = 600.0  # of a step that ends only with its worker
FINISH_TIMES: dict[int, float] = {}  # of the jobs whose last step ran in this process


class StepLine(NamedTuple):
    """An event of a step: its process, and the time by the machine's monotonic clock."""

    job: str
    event: str
    pid: int
    at: float


def append_line(job: str, event: str) -> None:
    """Append a line. A short append is one write, so the lines of several processes do not mix."""
    with (Path(os.environ[FOLDER_VARIABLE]) / "lines.txt").open("a") as lines:
        lines.write(f"{job} {event} {os.getpid()} {time.monotonic()}\n")


def read_lines(folder: Path) -> list[StepLine]:
    """Return all lines, the oldest first."""
    file = folder / "lines.txt"
    split = (line.split() for line in file.read_text().splitlines()) if file.exists() else ()
    return [StepLine(job, event, int(pid), float(at)) for job, event, pid, at in split]


@step(timeout=60)
async def begin(number: int) -> int:
    """Do nothing."""
    return number


@step(timeout=60)
async def finish(number: int) -> int:
    """Record the time of the last step."""
    FINISH_TIMES.setdefault(number, time.monotonic())
    return number


@workflow(name="tiny", version=1)
async def tiny(ctx: Context, number: int) -> int:
    """Run two steps that do nothing."""
    return await ctx.run(finish, await ctx.run(begin, number))


@step(timeout=2 * ENDLESS_STEP_SECONDS)
async def work(job: str, seconds: float) -> None:
    """Sleep."""
    append_line(job, "began")
    await asyncio.sleep(seconds)
    append_line(job, "ended")


@step(timeout=60)
async def follow(job: str) -> None:
    """Run after the long step."""
    append_line(job, "followed")


@workflow(name="slow", version=1)
async def slow(ctx: Context, job: str, seconds: float) -> None:
    """Run a long step and a short one."""
    await ctx.run(work, job, seconds)
    await ctx.run(follow, job)


WORKFLOWS: Final[list[Workflow[..., Any]]] = [tiny, slow]
