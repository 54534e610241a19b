"""Waits that are too long for memory: a workflow that goes on trying for days, and sleeps durably in between.

Each try is a step of its own with a checkpoint of its own, and nothing is held meanwhile: workers come and go.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Concatenate

from resonate.context import Context
from resonate.error import ApplicationError

from .errors import error_of


async def run_until_done[**P, T](
    ctx: Context,
    pauses: Sequence[float],
    step: Callable[Concatenate[Context, P], Awaitable[T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Run a step, and after each pause (in seconds) again, as long as it fails and another try may help."""
    for pause in pauses:
        try:
            return await ctx.run(step, *args, **kwargs)
        except ApplicationError as exc:
            if not error_of(exc).retry:
                raise
        await ctx.sleep(timedelta(seconds=pause))
    return await ctx.run(step, *args, **kwargs)
