"""Workflows of the tests that have to do with time: one has only so much of it, and one takes everybody's."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from resonate.context import Context
from resonate.error import ApplicationError

from durable import Clock, Workflow, error_of, step, work_until, workflow
from durable.deadline import work_time_left
from tests.durable.flows import Page, stand, turn
from tests.evidence import Evidence


@step(timeout=30)
async def begin(job: str, seconds: float) -> float:
    """Say until when the job may work."""
    Evidence.from_environment().note(job, "began")
    return time.time() + seconds


@step(timeout=120)
async def watch(job: str) -> None:
    """Note until when the job may work, and wait at the gate."""
    moment = work_time_left(Clock(now=lambda: 0.0))
    Evidence.from_environment().note(job, f"until-{moment}")
    Evidence.from_environment().note(job, "watches")
    await Evidence.from_environment().wait_at_gate()


@workflow(name="bounded")
async def bounded(ctx: Context, job: str, seconds: float) -> str:
    """Wait at the gate in the time that there is, and turn a page in any case."""
    until = await ctx.run(begin, job, seconds)
    ended = "in time"
    try:
        with work_until(until):
            await ctx.run(waiting, job)
    except ApplicationError as exc:
        error = error_of(exc)
        ended = f"{error.code} in {error.step}, {'once more' if error.retry else 'never'}"
    await ctx.run(turn, job, Page(number=0))
    return ended


@workflow(name="waiting")
async def waiting(ctx: Context, job: str) -> None:
    """Wait at the gate, and beside that with an eye on the time, as a part of another workflow."""
    await asyncio.gather(ctx.run(stand, job, 1), ctx.run(watch, job))


@step(timeout=600)
async def block(job: str) -> None:
    """Block the loop, as no step should, until the gate opens."""
    Evidence.from_environment().note(job, "blocks")
    while not Evidence.from_environment().is_gate_open:
        time.sleep(0.02)  # noqa: ASYNC251 that is the point


@workflow(name="blocking")
async def blocking(ctx: Context, job: str) -> None:
    """Have a step that blocks everything else."""
    await ctx.run(block, job)


WITH_DEADLINES: list[Workflow[..., Any]] = [bounded, blocking]
