"""Workflows for tests whose parts run on other workers."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from resonate.context import Context

from durable import PermanentError, Workflow, map_steps, map_workflows, step, workflow
from tests.durable.flows import Page
from tests.evidence import Evidence


class Piece(BaseModel):
    """A request for a part, which may be one that fails."""

    job: str
    number: int
    is_bad: bool = False
    is_free: bool = False  # it does not wait at the gate


@step(timeout=120)
async def work(piece: Piece) -> Page:
    """Wait at the gate, and succeed or fail."""
    Evidence.from_environment().note(piece.job, f"began-{piece.number}")
    if not piece.is_free:
        await Evidence.from_environment().wait_at_gate()
    if piece.is_bad:
        raise PermanentError("bad", f"number {piece.number} is bad")
    Evidence.from_environment().note(piece.job, f"did-{piece.number}")
    return Page(number=piece.number)


@workflow(name="piece")
async def one_piece(ctx: Context, piece: Piece) -> Page:
    """Run one part."""
    return await ctx.run(work, piece)


async def run_parts(ctx: Context, pieces: list[Piece], concurrency: int) -> list[Page]:
    """Return the result of each part, or raise the failure of one."""
    return (await map_workflows(ctx, one_piece, pieces, max_at_once=concurrency)).get()


@workflow(name="mapped")
async def work_here(ctx: Context, job: str, width: int, at_once: int) -> list[int]:
    """Work on pieces in this task."""
    pieces = [Piece(job=job, number=number) for number in range(width)]
    return [page.number for page in (await map_steps(ctx, work, pieces, max_at_once=at_once)).get()]


@workflow(name="apart")
async def apart(ctx: Context, job: str, width: int, concurrency: int, bad: list[int]) -> list[int]:
    """Run parts on other workers."""
    pieces = [Piece(job=job, number=number, is_bad=number in bad) for number in range(width)]
    return [page.number for page in await run_parts(ctx, pieces, concurrency)]


@workflow(name="with_slow_part")
async def with_slow_part(ctx: Context, job: str, width: int, concurrency: int) -> list[int]:
    """Run parts, of which the first waits at the gate."""
    pieces = [Piece(job=job, number=number, is_free=number > 0) for number in range(width)]
    return [page.number for page in await run_parts(ctx, pieces, concurrency)]


@step(timeout=120)
async def note_failure(job: str) -> None:
    """Leave evidence of a failure."""
    Evidence.from_environment().note(job, "failure-noted")


@workflow(name="catching")
async def catching(ctx: Context, job: str, width: int, concurrency: int) -> list[int]:
    """Run parts, of which the first waits and fails, and run another step after that."""
    pieces = [Piece(job=job, number=number, is_bad=number == 0, is_free=number > 0) for number in range(width)]
    try:
        return [page.number for page in await run_parts(ctx, pieces, concurrency)]
    except PermanentError:
        await ctx.run(note_failure, job)
        raise


WITH_PARTS: list[Workflow[..., Any]] = [work_here, apart, with_slow_part, catching, one_piece]
