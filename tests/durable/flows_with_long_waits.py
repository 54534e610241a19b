"""Workflows for tests whose step fails with errors that ask for a wait."""

from __future__ import annotations

import time
from typing import Any

from pydantic import BaseModel
from resonate.context import Context

from durable import Retry, TemporaryError, Workflow, run_with_durable_retries, step, work_until, workflow
from tests.evidence import Evidence


class Refusal(BaseModel):
    """An error's wait, and how many durable attempts in a row may end so."""

    after: float
    durable_attempts: int | None = None


class Errand(BaseModel):
    """The refusals before a step succeeds; it may repeat the last one forever."""

    job: str
    refusals: list[Refusal]
    is_forever: bool = False
    seconds: float | None = None  # of work


@step(timeout=30)
async def set_deadline(errand: Errand) -> float | None:
    """Return the work deadline, if there is one."""
    return None if errand.seconds is None else time.time() + errand.seconds


@step(timeout=30, retry=Retry(attempts=2, first=0.01))
async def ask(errand: Errand) -> int:
    """Return the number of requests that it took."""
    evidence = Evidence.from_environment()
    before = len(evidence.events_of(errand.job))
    evidence.note(errand.job, "asked")
    if before >= len(errand.refusals) and not errand.is_forever:
        return before + 1
    refusal = errand.refusals[min(before, len(errand.refusals) - 1)]
    raise TemporaryError("busy", f"come in {refusal.after:g} s", **refusal.model_dump())


@workflow(name="patient")
async def patient(ctx: Context, errand: Errand) -> int:
    """Ask with durable retries until it succeeds or the deadline is over."""
    until = await ctx.run(set_deadline, errand)
    if until is None:
        return await run_with_durable_retries(ctx, ask, errand)
    with work_until(until):
        return await run_with_durable_retries(ctx, ask, errand)


@workflow(name="impatient")
async def impatient(ctx: Context, errand: Errand) -> int:
    """Ask without durable retries."""
    return await ctx.run(ask, errand)


WITH_LONG_WAITS: list[Workflow[..., Any]] = [patient, impatient]
