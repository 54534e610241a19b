"""Workflows for tests: one with a work deadline, and one that blocks the event loop."""

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
async def set_deadline(job: str, seconds: float) -> float:
    """Return the work deadline."""
    Evidence.from_environment().note(job, "deadline-set")
    return time.time() + seconds


@step(timeout=120)
async def watch(job: str) -> None:
    """Leave the work deadline as evidence, and wait at the gate."""
    moment = work_time_left(Clock(now=lambda: 0.0))
    Evidence.from_environment().note(job, f"until-{moment}")
    Evidence.from_environment().note(job, "watches")
    await Evidence.from_environment().wait_at_gate()


@workflow(name="bounded")
async def run_bounded(ctx: Context, job: str, seconds: float) -> str:
    """Wait at the gate until the deadline, and turn a page in any case."""
    until = await ctx.run(set_deadline, job, seconds)
    outcome = "in time"
    try:
        with work_until(until):
            await ctx.run(waiting, job)
    except ApplicationError as exc:
        error = error_of(exc)
        outcome = f"{error.code} in {error.step}, {'temporary' if error.retry else 'permanent'}"
    await ctx.run(turn, job, Page(number=0))
    return outcome


@workflow(name="waiting")
async def waiting(ctx: Context, job: str) -> None:
    """Run two steps at the gate at the same time, as a part of another workflow."""
    await asyncio.gather(ctx.run(stand, job, 1), ctx.run(watch, job))


@step(timeout=600)
async def block(job: str) -> None:
    """Block the event loop until the gate opens, as no step should."""
    Evidence.from_environment().note(job, "blocks")
    while not Evidence.from_environment().is_gate_open:
        time.sleep(0.02)  # noqa: ASYNC251 the test needs a blocked loop


@workflow(name="blocking")
async def blocking(ctx: Context, job: str) -> None:
    """Run the step that blocks the event loop."""
    await ctx.run(block, job)


WITH_DEADLINES: list[Workflow[..., Any]] = [run_bounded, blocking]
