"""Parts of a job that run elsewhere, some of them at a time: each is a task of its own, which any worker may take.

The caller waits suspended and holds nothing. It is run again whenever a part of it ends, and asks for each part again
then, with what it asks for and what came of it on the wire: parts, their requests and results must be few and small.
Sixteen are some hundred requests over all, so what has more of them is put together from workflows that have parts.

All parts together are one step of the caller's sequence, in which they have a sequence of their own. How many of them
have begun when one fails is chance, and what the caller does then must not depend on it: a step is known by its place.
"""

import inspect
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from resonate.context import Context, ResonateFuture
from resonate.durable import DurableFunction
from resonate.error import ApplicationError, Suspended

from .errors import error_of
from .payload import Guard
from .signature import CONTEXT
from .workflows import Workflow

_AS_LONG_AS_THE_CALLER: Final = timedelta(days=366)  # a deadline is never later than that of whoever waits


async def run_parts[A, R](
    ctx: Context, part: Workflow[[A], R], requests: Sequence[A], *, concurrency: int, group: str | None = None
) -> list[R]:
    """Have a part made of each request by workers of a group, or of the caller's own; return the results in order.

    One that takes long, because it sleeps say, takes one place of those at once, and the others go on. When one fails,
    no others begin; those that have begun come to their end, and then the first failure is raised. Only one that took
    the place of a later one than that may still be under way then, and ends by itself.
    """
    parts = ctx.options(timeout=_AS_LONG_AS_THE_CALLER)
    results: list[R] = await parts.run(_Parts(part, requests, concurrency, group))
    return results


class _Parts[A, R]:
    """The parts as the SDK sees them: a function that gives a list of what one of them gives."""

    def __init__(self, part: Workflow[[A], R], requests: Sequence[A], concurrency: int, group: str | None) -> None:
        self.__name__ = f"parts of {part.name}"
        returned: Any = part.__signature__.return_annotation
        self.__signature__ = inspect.Signature([CONTEXT], return_annotation=list[returned])
        self._guard: Final = Guard(self.__name__, DurableFunction(self))
        self._part: Final = part
        self._requests: Final = requests
        self._concurrency: Final = concurrency
        self._group: Final = group

    async def __call__(self, ctx: Context, /) -> list[R]:
        try:
            there = ctx.options(target=self._group, timeout=_AS_LONG_AS_THE_CALLER)
            return self._guard.check(await self._run(there))
        except ApplicationError as exc:
            raise error_of(exc) from exc

    async def _run(self, there: Context) -> list[R]:
        begun: list[ResonateFuture[R]] = []
        results: list[R] = []
        failure: ApplicationError | None = None
        under_way = 0
        while not failure and len(begun) < len(self._requests) and under_way < self._concurrency:
            free = self._concurrency - under_way
            more = [there.rpc(self._part, one) for one in self._requests[len(begun) :][:free]]
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
