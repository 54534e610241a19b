"""The workflows of the tests, written as a user of the toolkit would write them.

The annotations are strings on purpose: results must come back as values all the same.
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
    """Leave a line, and return the next page."""
    Evidence.from_environment().note(job, f"turned-{page.number}")
    return Page(number=page.number + 1, text=type(page).__name__)


@step(timeout=120)
async def stand(job: str, number: int) -> int:
    """Wait at the gate; leave a line on arrival, on passing, and whenever it is left."""
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
    """Turn so many pages."""
    page = Page(number=0)
    for _ in range(count):
        page = await ctx.run(turn, job, page)
    return page


@workflow(name="gated")
async def gated(ctx: Context, job: str) -> Page:
    """Turn a page, wait at the gate, and turn another."""
    page = await ctx.run(turn, job, Page(number=0))
    await ctx.run(stand, job, 1)
    return await ctx.run(turn, job, page)


@workflow(name="gated", version=2)
async def gated_anew(ctx: Context, job: str) -> str:
    """Do it differently."""
    page = await ctx.run(turn, job, Page(number=41))
    return f"version 2 was here: {page.number}"


@workflow(name="fan")
async def fan(ctx: Context, job: str, width: int) -> list[int]:
    """Have many wait at the gate."""
    standing = [ctx.run(stand, job, number) for number in range(width)]
    return [await one for one in standing]


@workflow(name="nested")
async def nested(ctx: Context, job: str) -> list[Page]:
    """Run a workflow as a part, and another as a job of its own."""
    part = await ctx.run(pages, job, 1)
    remote = await ctx.rpc(pages, job, 2)
    await ctx.sleep(timedelta(seconds=0.1))
    return [part, remote]


@workflow(name="delegating")
async def delegating(ctx: Context, job: str) -> Page:
    """Have another workflow do it, as a part of this job that any worker may run."""
    return await ctx.rpc(gated, job)


@workflow(name="detaching")
async def detaching(ctx: Context, job: str) -> Page:
    """Start a workflow that outlives this job, and have another do the rest as a part."""
    await ctx.detached("gated", f"{job}-detached")
    return await ctx.rpc(gated, job)


@step(timeout=30, retry=RETRY)
async def too_large() -> str:
    """Return what no checkpoint should hold."""
    return "x" * 3_000_000


@step(timeout=30, retry=RETRY)
async def mistyped() -> Page:
    """Return something else than it says."""
    return {"number": "a secret"}  # type: ignore[return-value]


@step(timeout=30, retry=RETRY)
async def unwritable() -> object:
    """Return what JSON cannot say."""
    return object()


@step(timeout=0.05, retry=RETRY)
async def late() -> None:
    """Need more time than there is."""
    await asyncio.sleep(60)


@step(timeout=30, retry=RETRY)
async def locked() -> None:
    """Find that nobody can do this."""
    raise PermanentError("locked", "a password is needed")


FAULTS = {fault.__name__: fault for fault in (too_large, mistyped, unwritable, late, locked)}


@workflow(name="faulty")
async def faulty(ctx: Context, fault: str) -> object:
    """Run a step that fails, and let that be the job's failure."""
    return await ctx.run(FAULTS[fault])


@workflow(name="forgiving")
async def forgiving(ctx: Context) -> dict[str, str]:
    """Run steps that fail, and go on by the codes of their errors."""
    found = {}
    for name, fault in FAULTS.items():
        try:
            await ctx.run(fault)
        except Exception as exc:  # noqa: BLE001 that is how a body catches by code
            error = error_of(exc)
            found[name] = f"{error.code} in {error.step}, {'once more' if error.retry else 'never'}"
    return found


@workflow(name="large")
async def large(_: Context) -> str:
    """Return what no promise should hold."""
    return "x" * 3_000_000


@workflow(name="buggy")
async def buggy(_: Context) -> None:
    """Have a bug."""
    raise KeyError("page")


@workflow(name="needs")
async def needs(_: Context, page: Page) -> int:
    """Need a value of the right type."""
    return page.number


@workflow(name="asking")
async def asking(ctx: Context) -> str:
    """Ask a group that nobody belongs to, and return what the answer was."""
    try:
        await ctx.options(target="nobody").rpc("anything")
    except Exception as exc:  # noqa: BLE001 whatever comes
        return f"{type(exc).__name__}: {exc}"
    return "no error"


@step(timeout=120)
async def sit(job: str, seconds: float) -> tuple[float, float]:
    """Sit in a child process."""
    Evidence.from_environment().note(job, "sits")
    return await run_in_child(child_work.sit, child_work.Seat(seconds=seconds, mark=job), limits=Limits(wall=100))


@workflow(name="sitting")
async def sitting(ctx: Context, job: str, seconds: float) -> tuple[float, float]:
    """Have a child process sit."""
    return await ctx.run(sit, job, seconds)


@step(timeout=5, retry=Retry(attempts=1))
async def sit_soon(job: str, seconds: float) -> tuple[float, float]:
    """Sit in a child process, and have little time for it."""
    return await run_in_child(child_work.sit, child_work.Seat(seconds=seconds, mark=job))


@workflow(name="crowded")
async def crowded(ctx: Context, job: str, seconds: float) -> tuple[float, float]:
    """Have a child process sit where there is little room."""
    return await ctx.run(sit_soon, job, seconds)


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
    """Have a step that ignores its end."""
    await ctx.run(ignore, job)


async def bare(_: Context, job: str) -> str:
    """Return what no checkpoint can hold, with no step around it."""
    Evidence.from_environment().note(job, "careless")
    return "x" * 3_000_000


@workflow(name="careless")
async def careless(ctx: Context, job: str) -> str:
    """Run a function as the SDK does by itself."""
    return await ctx.run(bare, job)


WORKFLOWS: list[Workflow[..., Any]] = [
    *(pages, gated, fan, nested, delegating, detaching),
    *(faulty, forgiving, large, buggy, asking, careless, needs),
    *(sitting, crowded, stubborn),
]
