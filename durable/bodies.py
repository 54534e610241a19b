"""Runs the body of a workflow or of a scope: names its calls, and calls off what it leaves open.

The SDK would keep a job until everything that it began has ended: a body that fails while a sleep of a week is open
would fail a week later. A workflow that must outlive its caller is started with `ctx.detached`.
"""

from collections.abc import Awaitable, Callable
from typing import Concatenate

from resonate.context import Context
from resonate.error import Suspended

from .job_logs import log_with
from .named_context import NamedContext, name_calls
from .promises import is_below
from .run import current_run


async def run_body[**P, T](
    ctx: Context, body: Callable[Concatenate[NamedContext, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run the body and return its result. A suspension is raised: the body is run again later."""
    named = name_calls(ctx)
    try:
        with log_with({"promiseId": ctx.info.origin_id, "workflow": ctx.info.func_name}, named.lines):
            result = await body(named, *args, **kwargs)
    except Suspended:
        named.lines.write()
        raise
    except Exception:
        await _end_body(named)
        raise
    await _end_body(named)
    return result


async def _end_body(ctx: NamedContext) -> None:
    """Wait for the steps that run here, then call off all open calls."""
    ctx.lines.write()
    await ctx.flush_local_work()
    if not ctx.take_remote_todos():
        return
    below = (ctx.tree.get(one) for one in ctx.tree.ids() if is_below(one, ctx.info.id))
    is_open = [node.id for node in below if node and node.kind == "pending" and node.type != "det"]
    await current_run().call_off(is_open)
    for one in is_open:
        ctx.tree.settle(one)
