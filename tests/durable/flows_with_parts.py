"""Workflows of the tests whose parts run elsewhere."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from resonate.context import Context
from resonate.error import ApplicationError

from durable import FanOut, PermanentError, Workflow, run_parts, step, workflow
from tests.durable.flows import Page
from tests.evidence import Evidence


class Piece(BaseModel):
    """A part of a job, which may be one that cannot be done."""

    job: str
    number: int
    is_bad: bool = False
    is_free: bool = False  # it need not wait


@step(timeout=120)
async def work(piece: Piece) -> Page:
    """Wait at the gate, and do it or not."""
    Evidence.from_environment().note(piece.job, f"began-{piece.number}")
    if not piece.is_free:
        await Evidence.from_environment().wait_at_gate()
    if piece.is_bad:
        raise PermanentError("bad", f"number {piece.number} is bad")
    Evidence.from_environment().note(piece.job, f"did-{piece.number}")
    return Page(number=piece.number)


@workflow(name="piece")
async def one_piece(ctx: Context, piece: Piece) -> Page:
    """Do a part of a job."""
    return await ctx.run(work, piece)


@workflow(name="apart")
async def apart(ctx: Context, job: str, width: int, at_once: int, bad: list[int]) -> list[int]:
    """Have parts done elsewhere, so many at a time."""
    pieces = [Piece(job=job, number=number, is_bad=number in bad) for number in range(width)]
    return [page.number for page in await run_parts(ctx, one_piece, pieces, concurrency=at_once)]


@workflow(name="held_up")
async def held_up(ctx: Context, job: str, width: int, at_once: int) -> list[int]:
    """Have parts done elsewhere, the first of which is held up."""
    pieces = [Piece(job=job, number=number, is_free=number > 0) for number in range(width)]
    return [page.number for page in await run_parts(ctx, one_piece, pieces, concurrency=at_once)]


@step(timeout=120)
async def tell(job: str) -> None:
    """Leave word that it failed."""
    Evidence.from_environment().note(job, "told")


@workflow(name="told")
async def told(ctx: Context, job: str, width: int, at_once: int) -> list[int]:
    """Have parts done elsewhere, the first of which waits and fails when others have taken places; tell of it."""
    pieces = [Piece(job=job, number=number, is_bad=number == 0, is_free=number > 0) for number in range(width)]
    try:
        return [page.number for page in await run_parts(ctx, one_piece, pieces, concurrency=at_once)]
    except ApplicationError:
        await ctx.run(tell, job)
        raise


class Numbers(BaseModel):
    """A request to add numbers that follow each other."""

    job: str
    first: int
    size: int
    bad: int | None = None
    until: float = 4e9

    def split(self, size: int) -> list[Numbers]:
        """Return requests for `size` numbers each; the last one may have fewer."""
        last = self.first + self.size
        return [
            self.model_copy(update={"first": first, "size": min(size, last - first)})
            for first in range(self.first, last, size)
        ]


@step(timeout=120)
async def read_number(numbers: Numbers) -> int:
    """Return the number, once the test opens the gate."""
    evidence = Evidence.from_environment()
    evidence.note(numbers.job, f"began-{numbers.first}")
    await evidence.wait_at_gate()
    if numbers.first == numbers.bad:
        raise PermanentError("bad", f"number {numbers.first} is bad")
    evidence.note(numbers.job, f"did-{numbers.first}")
    return numbers.first


@step(timeout=120)
async def add_numbers(numbers: Numbers, results: tuple[int, ...]) -> int:
    """Return the sum of a group's numbers."""
    assert len(results) == numbers.size
    return sum(results)


add_up: FanOut[Numbers, int] = FanOut(
    name="add_up", version=1, run=read_number, gather=add_numbers, concurrency=4, group="workers"
)


@workflow(name="summed")
async def summed(ctx: Context, numbers: Numbers) -> list[int]:
    """Return the results of a fan-out."""
    return await add_up(ctx, numbers)


WITH_PARTS: list[Workflow[..., Any]] = [apart, held_up, told, one_piece, summed, add_up.workflow]
