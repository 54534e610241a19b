"""One workflow as several releases have it, all with the same version: some may resume its jobs, others must not."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from resonate.context import Context

from durable import Workflow, step, workflow
from tests.evidence import Evidence


@step(timeout=30)
async def read_iban(job: str) -> str:
    """Return where to pay to."""
    Evidence.from_environment().note(job, "iban")
    return "DE02"


@step(timeout=30)
async def read_email(job: str) -> str:
    """Return whom to tell."""
    Evidence.from_environment().note(job, "email")
    return "ada@example.org"


@step(timeout=30, name="read_email")
async def find_email_address(job: str) -> str:
    """Do what `read_email` does, in a function that was renamed."""
    return await read_email.body(job)


@step(timeout=30)
async def check_fraud(job: str) -> str:
    """Do what the first release does not."""
    Evidence.from_environment().note(job, "fraud")
    return "no fraud"


@workflow(name="partner")
async def ask_partner(_: Context, job: str) -> str:
    """Return whom to tell, as a task of its own."""
    return await read_email.body(job)


def release(*calls: Callable[[Context, str], Awaitable[str]]) -> Workflow[..., Any]:
    """Return the workflow with these calls before its question, whose answer ends it."""

    @workflow(name="pay")
    async def pay(ctx: Context, job: str) -> list[str]:
        results = [await call(ctx, job) for call in calls]
        return [*results, await ctx.promise()]

    return pay


def run(fn: Any) -> Callable[[Context, str], Awaitable[str]]:  # noqa: ANN401 a step
    """Return a call of a step."""
    return lambda ctx, job: ctx.run(fn, job)


RELEASES: dict[str, Sequence[Workflow[..., Any]]] = {
    "first": [release(run(read_iban), run(read_email)), ask_partner],
    "reordered": [release(run(read_email), run(read_iban)), ask_partner],
    "inserted": [release(run(read_iban), run(check_fraud), run(read_email)), ask_partner],
    "delegated": [release(run(read_iban), lambda ctx, job: ctx.rpc(ask_partner, job)), ask_partner],
    "removed": [release(run(read_iban)), ask_partner],
    "renamed": [release(run(read_iban), run(find_email_address)), ask_partner],
}
