"""Workflows of the scenarios, written as a user of the SDK writes them.

Step results are small and steps do nothing but leave evidence, so what a scenario shows is the server's doing.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from resonate.context import Context

from tests.evidence import Evidence


async def step(ctx: Context, name: str) -> str:
    """Leave evidence."""
    ctx.get_dependency(Evidence).note(ctx.info.origin_id, name)
    return name


async def gate(ctx: Context) -> str:
    """Leave evidence on arrival, and again once the test has opened the gate."""
    evidence = ctx.get_dependency(Evidence)
    evidence.note(ctx.info.origin_id, "arrived")
    await evidence.wait_at_gate()
    evidence.note(ctx.info.origin_id, "passed")
    return "passed"


async def double(ctx: Context, n: int) -> int:
    """Leave evidence with the number, and return twice the number."""
    ctx.get_dependency(Evidence).note(ctx.info.origin_id, f"double-{n}")
    return 2 * n


async def fail(_: Context, reason: str) -> None:
    """Fail, always."""
    raise ValueError(reason)


async def five_steps(ctx: Context) -> list[str]:
    """Run five steps, one after the other."""
    return [await ctx.run(step, f"step-{n}") for n in range(5)]


async def failing(ctx: Context) -> None:
    """Run a step that fails, and let its failure be the workflow's."""
    await ctx.run(fail, "no such page")


async def pass_gate(ctx: Context) -> list[str]:
    """Run a step, one that waits at the gate, and another."""
    return [await ctx.run(step, "before"), await ctx.run(gate), await ctx.run(step, "after")]


async def double_elsewhere(ctx: Context, n: int) -> int:
    """Have the group `back` double a number, and add one."""
    doubled: int = await ctx.options(target="back").rpc("double", n)
    return doubled + 1


async def ask(ctx: Context) -> Any:  # noqa: ANN401 any JSON
    """Make a promise, leave its id as evidence, and wait until a client settles it."""
    promise = ctx.promise(timeout=timedelta(minutes=5))
    await ctx.run(step, f"asked:{await promise.id()}")
    answer = await promise
    await ctx.run(step, "answered")
    return answer


async def nap(ctx: Context, seconds: float) -> list[str]:
    """Sleep between two steps."""
    before = await ctx.run(step, "before")
    await ctx.sleep(timedelta(seconds=seconds))
    return [before, await ctx.run(step, "after")]


async def detach(ctx: Context) -> str:
    """Start another workflow and return its id without waiting for it."""
    return await ctx.detached("pass_gate")


async def fan_out(ctx: Context, width: int) -> int:
    """Double many numbers at the same time, and return their sum."""
    futures = [ctx.rpc(double, n) for n in range(width)]
    return sum([await future for future in futures])


async def factorial(ctx: Context, n: int) -> int:
    """Multiply a number with what the same workflow returns for the one below."""
    return n * await ctx.rpc(factorial, n - 1) if n > 1 else 1


WORKFLOWS: list[Callable[..., Any]] = [
    five_steps,
    failing,
    pass_gate,
    double,
    double_elsewhere,
    ask,
    nap,
    detach,
    fan_out,
    factorial,
]
