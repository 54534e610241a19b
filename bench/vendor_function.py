"""The factorial as the vendor's package for Lambda has it, which the function's bundle is compared with."""

from importlib import import_module
from typing import Any

from resonate.context import Context

resonate: Any = import_module("resonate_aws").Resonate()  # only the bundle that is measured has the package


@resonate.register  # type: ignore[untyped-decorator]
async def factorial(ctx: Context, n: int) -> int:
    """Return n!."""
    if n <= 1:
        return 1
    smaller: int = await ctx.rpc("factorial", n - 1)
    return n * smaller


handler = resonate.handler()
