"""Workflows for tests, written as a user of the toolkit writes them.

The annotations are strings on purpose: results must be rebuilt as values even then.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from resonate.context import Context

from durable import Limits, PermanentError, Retry, Workflow, error_of, run_in_child, step, workflow
from tests.durable import child_work
from tests.evidence import Evidence

RETRY = Retry(first=0.02)


class Page(BaseModel):
    """A value with a type of its own."""

    number: int
    text: str = ""


@step(timeout=30)
async def turn(job: str, page: Page) -> Page:
    """Leave evidence, and return the next page."""
    Evidence.from_environment().note(job, f"turned-{page.number}")
    return Page(number=page.number + 1, text=type(page).__name__)


@step(timeout=120)
async def stand(job: str, number: int) -> int:
    """Wait at the gate; leave evidence on arrival, after the gate, and at the end in any case."""
    evidence = Evidence.from_environment()
    evidence.note(job, f"arrived-{number}")
    try:
        await evidence.wait_at_gate()
        evidence.note(job, f"passed-{number}")
    finally:
        evidence.note(job, f"left-{number}")
    return number


@workflow(name="pages")
async def pages(ctx: Context, job: str, count: int) -> Page:
    """Turn a number of pages."""
    page = Page(number=0)
    for _ in range(count):
        page = await ctx.run(turn, job, page)
    return page


@workflow(name="gated")
async def pass_gate(ctx: Context, job: str) -> Page:
    """Turn a page, wait at the gate, and turn another."""
    page = await ctx.run(turn, job, Page(number=0))
    await ctx.run(stand, job, 1)
    return await ctx.run(turn, job, page)


@workflow(name="gated", version=2)
async def pass_gate_in_version_2(ctx: Context, job: str) -> str:
    """Run other steps than version 1."""
    page = await ctx.run(turn, job, Page(number=41))
    return f"version 2 was here: {page.number}"


@workflow(name="fan")
async def fan(ctx: Context, job: str, width: int) -> list[int]:
    """Run many steps at the gate at the same time."""
    started = [ctx.run(stand, job, number) for number in range(width)]
    return [await one for one in started]


@workflow(name="nested")
async def run_nested(ctx: Context, job: str) -> list[Page]:
    """Run a workflow as a part in this run, and another as a task of its own."""
    part = await ctx.run(pages, job, 1)
    remote = await ctx.rpc(pages, job, 2)
    await ctx.sleep(timedelta(seconds=0.1))
    return [part, remote]


@workflow(name="delegating")
async def delegating(ctx: Context, job: str) -> Page:
    """Run another workflow as a part that any worker may take."""
    return await ctx.rpc(pass_gate, job)


@workflow(name="detaching")
async def detaching(ctx: Context, job: str) -> Page:
    """Start a workflow that outlives this job, and have another do the rest as a part."""
    await ctx.detached("gated", f"{job}-detached")
    return await ctx.rpc(pass_gate, job)


@step(timeout=30, retry=RETRY)
async def too_large() -> str:
    """Return a result above the limit."""
    return "x" * 3_000_000


@step(timeout=30, retry=RETRY)
async def return_wrong_type() -> Page:
    """Return another type than annotated."""
    return {"number": "a secret"}  # type: ignore[return-value]


@step(timeout=30, retry=RETRY)
async def unwritable() -> object:
    """Return a value that JSON cannot express."""
    return object()


@step(timeout=0.05, retry=RETRY)
async def late() -> None:
    """Take longer than the timeout."""
    await asyncio.sleep(60)


@step(timeout=30, retry=RETRY)
async def refuse() -> None:
    """Refuse a locked document."""
    raise PermanentError("locked", "a password is needed")


FAULTS = {fault.__name__: fault for fault in (too_large, return_wrong_type, unwritable, late, refuse)}


@workflow(name="faulty")
async def faulty(ctx: Context, fault: str) -> object:
    """Run a step that fails, and do not catch its error."""
    return await ctx.run(FAULTS[fault])


@workflow(name="forgiving")
async def forgiving(ctx: Context) -> dict[str, str]:
    """Run steps that fail, and catch their errors by code."""
    found = {}
    for name, fault in FAULTS.items():
        try:
            await ctx.run(fault)
        except Exception as exc:  # noqa: BLE001 a body catches by code in this way
            error = error_of(exc)
            found[name] = f"{error.code} in {error.step}, {'temporary' if error.retry else 'permanent'}"
    return found


@workflow(name="large")
async def large(_: Context) -> str:
    """Return a result above the limit."""
    return "x" * 3_000_000


@workflow(name="buggy")
async def buggy(_: Context) -> None:
    """Raise an unexpected error."""
    raise KeyError("page")


@workflow(name="needs")
async def needs(_: Context, page: Page) -> int:
    """Take an argument with a type of its own."""
    return page.number


@workflow(name="asking")
async def asking(ctx: Context) -> str:
    """Call a group without workers, and return the error."""
    try:
        await ctx.options(target="empty").rpc("anything")
    except Exception as exc:  # noqa: BLE001 the test checks its type
        return f"{type(exc).__name__}: {exc}"
    return "no error"


@step(timeout=120)
async def nap(job: str, seconds: float) -> tuple[float, float]:
    """Sleep in a child process."""
    Evidence.from_environment().note(job, "naps")
    return await run_in_child(child_work.nap, child_work.Nap(seconds=seconds, mark=job), limits=Limits(wall=100))


@workflow(name="sleeping_child")
async def run_sleeping_child(ctx: Context, job: str, seconds: float) -> tuple[float, float]:
    """Run the step that sleeps in a child process."""
    return await ctx.run(nap, job, seconds)


@step(timeout=5, retry=Retry(attempts=1))
async def nap_within_timeout(job: str, seconds: float) -> tuple[float, float]:
    """Sleep in a child process, within a short timeout."""
    return await run_in_child(child_work.nap, child_work.Nap(seconds=seconds, mark=job))


@workflow(name="queued_child")
async def run_queued_child(ctx: Context, job: str, seconds: float) -> tuple[float, float]:
    """Run the step with the short timeout."""
    return await ctx.run(nap_within_timeout, job, seconds)


@step(timeout=600)
async def ignore(job: str) -> None:
    """Ignore every cancellation."""
    Evidence.from_environment().note(job, "ignores")
    while True:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            Evidence.from_environment().note(job, "ignored")


@workflow(name="stubborn")
async def stubborn(ctx: Context, job: str) -> None:
    """Run a step that ignores its cancellation."""
    await ctx.run(ignore, job)


async def bare(_: Context, job: str) -> str:
    """Return a result above the limit, without being a step."""
    Evidence.from_environment().note(job, "careless")
    return "x" * 3_000_000


@workflow(name="careless")
async def careless(ctx: Context, job: str) -> str:
    """Run a function that is no step."""
    return await ctx.run(bare, job)


WORKFLOWS: list[Workflow[..., Any]] = [
    *(pages, pass_gate, fan, run_nested, delegating, detaching),
    *(faulty, forgiving, large, buggy, asking, careless, needs),
    *(run_sleeping_child, run_queued_child, stubborn),
]
