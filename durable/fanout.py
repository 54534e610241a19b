"""Parts of a job that run elsewhere, some of them at a time: each is a task of its own, which any worker may take.

The caller waits suspended and holds nothing. It is run again whenever a part of it ends, and asks for each part again
then, with what it asks for and what came of it on the wire: parts, their requests and results must be few and small.
Sixteen are some hundred requests over all, so what has more of them is put together from workflows that have parts.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from resonate.context import Context, ResonateFuture
from resonate.error import ApplicationError, Suspended

from .workflow import Workflow

_AS_LONG_AS_THE_CALLER: Final = timedelta(days=366)  # a deadline is never later than that of whoever waits


async def run_parts[A, R](
    ctx: Context, part: Workflow[[A], R], requests: Sequence[A], *, at_once: int, group: str | None = None
) -> list[R]:
    """Have a part made of each request by workers of a group, or of the caller's own; return the results in order.

    One that takes long, because it sleeps say, takes one place of those at once, and the others go on. When one fails,
    no others begin; those that have begun come to their end, and then the first failure is raised. Only one that took
    the place of a later one than that may still be under way then, and ends by itself.
    """
    there = ctx.options(target=group, timeout=_AS_LONG_AS_THE_CALLER)
    begun: list[ResonateFuture[R]] = []
    results: list[R] = []
    failure: ApplicationError | None = None
    under_way = 0
    while not failure and len(begun) < len(requests) and under_way < at_once:
        more = [there.rpc(part, one) for one in requests[len(begun) :][: at_once - under_way]]
        begun += more
        for one in more:
            try:
                results.append(await one)
            except ApplicationError as exc:
                failure = failure or exc
            except Suspended:  # it is under way; which it is counts as little as for whoever is run again
                under_way += 1
    if under_way:
        raise Suspended
    if failure:
        raise failure
    return results
