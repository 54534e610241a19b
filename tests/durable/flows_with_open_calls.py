"""Workflows for tests that end while calls of theirs are open."""

from datetime import timedelta
from typing import Any

from resonate.context import Context

from durable import PermanentError, Workflow, step, workflow
from tests.durable.flows import pass_gate
from tests.evidence import Evidence


@step(timeout=30)
async def note(job: str, event: str) -> None:
    """Leave evidence."""
    Evidence.from_environment().note(job, event)


@step(timeout=30)
async def leave_after(job: str, event: str) -> None:
    """Leave evidence once an event is there."""
    evidence = Evidence.from_environment()
    await evidence.first(lambda line: line[:2] == (job, event))
    evidence.note(job, "leaves")


@workflow(name="dozing")
async def doze(ctx: Context, job: str) -> None:
    """Sleep long, within the task of the caller."""
    await ctx.run(note, job, "dozes")
    await ctx.sleep(timedelta(days=7))
    await ctx.run(note, job, "woke up")


@workflow(name="leaving")
async def leave(ctx: Context, job: str, is_failing: bool) -> str:  # noqa: FBT001 an argument of a job
    """Begin a sleep, a question, a part of each kind and a detached job, and end once all are open, awaiting none."""
    _ = [ctx.sleep(timedelta(days=7)), ctx.promise(), ctx.run(doze, job), ctx.rpc(pass_gate, f"{job}-part")]
    await ctx.detached("gated", f"{job}-detached")
    await ctx.run(leave_after, job, "all-open")
    if is_failing:
        raise PermanentError("left", "calls are open")
    return "left"


WITH_OPEN_CALLS: list[Workflow[..., Any]] = [leave, doze]
