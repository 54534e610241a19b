"""The factorial as the vendor's package for Lambda has it, which the function's bundle is compared with."""

from resonate.context import Context
from resonate_aws import Resonate  # type: ignore[import-not-found] # in the bundle that it is measured in

resonate = Resonate()


@resonate.register  # type: ignore[untyped-decorator]
async def factorial(ctx: Context, n: int) -> int:
    """Return n!."""
    if n <= 1:
        return 1
    smaller: int = await ctx.rpc("factorial", n - 1)
    return n * smaller


handler = resonate.handler()
