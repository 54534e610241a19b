"""Parts of a job that run elsewhere, some of them at a time: each is a task of its own, which any worker may take.

The caller waits suspended and holds nothing. It is run again whenever a part of it ends, and asks for each part again
then, with what it asks for and what came of it on the wire: parts, their requests and results must be few and small.
Sixteen are some hundred requests over all, so what has more of them is put together from workflows that have parts.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from resonate.context import Context, ResonateFuture
from resonate.error import ApplicationError

from .workflow import Workflow

_AS_LONG_AS_THE_CALLER: Final = timedelta(days=366)  # a deadline is never later than that of whoever waits


async def run_parts[A, R](
    ctx: Context, part: Workflow[[A], R], requests: Sequence[A], *, at_once: int, group: str | None = None
) -> list[R]:
    """Have a part made of each request by workers of a group, or of the caller's own; return the results in order.

    When one fails, no others begin; those that have begun come to their end, and then the first failure is raised.
    """
    there = ctx.options(target=group, timeout=_AS_LONG_AS_THE_CALLER)
    begun: list[ResonateFuture[R]] = [there.rpc(part, request) for request in requests[:at_once]]
    results: list[R] = []
    failure: ApplicationError | None = None
    for one in begun:  # it grows meanwhile
        try:
            results.append(await one)
        except ApplicationError as exc:
            failure = failure or exc
        if not failure and len(begun) < len(requests):
            begun.append(there.rpc(part, requests[len(begun)]))
    if failure:
        raise failure
    return results
