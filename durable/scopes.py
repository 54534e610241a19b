"""A scope: calls that together are one step of a workflow's sequence, within the workflow's task.

Chance within it, such as the number of parts that had started when one failed, does not move the steps after it.
"""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Final

from resonate.context import Context
from resonate.durable import DurableFunction
from resonate.error import ApplicationError

from durable.wire.call_record import CallKind

from .bodies import run_body
from .errors import error_of
from .named_context import NamedContext
from .payload import Guard
from .signature import CONTEXT


class Scope[T]:
    """A body with calls of its own, to be run by a workflow: `await ctx.run(Scope(name, result_type, body))`."""

    kind: Final = CallKind.SCOPE

    def __init__(self, name: str, result_type: Any, body: Callable[[NamedContext], Awaitable[T]]) -> None:  # noqa: ANN401 any annotation
        self.__name__ = name
        self.__signature__ = inspect.Signature([CONTEXT], return_annotation=result_type)
        self.shape: Final = DurableFunction(self)
        self._guard: Final = Guard(name, self.shape)
        self._body: Final = body

    async def __call__(self, ctx: Context, /) -> T:
        """Run the body."""
        try:
            return self._guard.check(await run_body(ctx, self._body))
        except ApplicationError as exc:
            raise error_of(exc) from exc
