"""The smallest durable recursion: each multiplication is a task of its own, and no function waits for another."""

from contract.functions import FACTORIAL
from durable import Context, workflow


@workflow(name=FACTORIAL.name, version=FACTORIAL.version)
async def factorial(ctx: Context, n: int) -> int:
    """Return n!."""
    if n <= 1:
        return 1
    smaller: int = await ctx.rpc(factorial, n - 1)
    return n * smaller
