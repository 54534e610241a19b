"""Workflows of the tests that are told to come later."""

from __future__ import annotations

import time
from typing import Any

from pydantic import BaseModel
from resonate.context import Context

from durable import Retry, TemporaryError, Workflow, run_with_durable_retries, step, work_until, workflow
from tests.evidence import Evidence


class Refusal(BaseModel):
    """When to come again, and how often in a row one may be told so."""

    after: float
    tries: int | None = None


class Errand(BaseModel):
    """What somebody is asked for, and what he says before he does it; the last word may be his only one."""

    job: str
    refusals: list[Refusal]
    is_for_ever: bool = False
    seconds: float | None = None  # of work in all


@step(timeout=30)
async def begin_errand(errand: Errand) -> float | None:
    """Say until when it may take."""
    return None if errand.seconds is None else time.time() + errand.seconds


@step(timeout=30, retry=Retry(attempts=2, first=0.01))
async def ask(errand: Errand) -> int:
    """Ask, and return how often one had to."""
    evidence = Evidence.from_environment()
    before = len(evidence.events_of(errand.job))
    evidence.note(errand.job, "asked")
    if before >= len(errand.refusals) and not errand.is_for_ever:
        return before + 1
    refusal = errand.refusals[min(before, len(errand.refusals) - 1)]
    log_tail = refusal.model_dump()
    raise TemporaryError("busy", f"come in {refusal.after:g} s", **log_tail)


@workflow(name="patient")
async def patient(ctx: Context, errand: Errand) -> int:
    """Ask as long as it takes, or as there is time."""
    until = await ctx.run(begin_errand, errand)
    if until is None:
        return await run_with_durable_retries(ctx, ask, errand)
    with work_until(until):
        return await run_with_durable_retries(ctx, ask, errand)


@workflow(name="impatient")
async def impatient(ctx: Context, errand: Errand) -> int:
    """Ask once."""
    return await ctx.run(ask, errand)


WITH_LONG_WAITS: list[Workflow[..., Any]] = [patient, impatient]
