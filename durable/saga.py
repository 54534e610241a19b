"""Undo the steps of a workflow in reverse order when a later step fails.

    async with Saga(ctx) as saga:
        reservation = await ctx.run(reserve, order)
        saga.undo_with(release, order, reservation)
        return await ctx.run(charge, order)

An undo step has a checkpoint like any other, so it does not run again when the worker dies in between. If an undo step
fails, the others still run, and the job's error names it. A job that is canceled or out of time runs no further steps,
and so undoes nothing.

A step that may have been done although it failed, such as one with `at_most_once`, needs an undo step that is declared
before it and asks whether there is anything to undo.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from types import TracebackType
from typing import Any, Concatenate, Final, Self

from resonate.context import Context
from resonate.error import ApplicationError

from .durable_retries import DurableRetry
from .errors import MAX_MESSAGE_CHARACTERS, ErrorCode, PermanentError, error_of
from .retry import Backoff

# Eight attempts in three days; then a person must undo the step.
_RETRY: Final = DurableRetry(backoff=Backoff(first=60, factor=4, cap=86_400), attempts=8, every_error=True)
_MIN_CAUSE_CHARACTERS: Final = 200  # the characters kept of the first error, however many undo steps have failed


class Saga:
    """The undo steps of the steps that are done so far. They run, in reverse, if the block raises an error."""

    def __init__(self, ctx: Context, *, retry: DurableRetry = _RETRY) -> None:
        """`retry` is for the steps that undo: by default every error is retried, for three days."""
        self._ctx: Final = ctx
        self._retry: Final = retry
        self._undo: Final[list[tuple[str, Callable[[], Awaitable[Any]]]]] = []

    def undo_with[**P](
        self, step: Callable[Concatenate[Context, P], Awaitable[Any]], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Run this step if the block fails."""
        name = getattr(step, "__name__", "unknown")
        self._undo.append((name, partial(self._retry.run, self._ctx, step, *args, **kwargs)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not isinstance(error, Exception):  # the block has succeeded, or is only suspended
            return
        failed = [text for name, undo in reversed(self._undo) if (text := await _try(name, undo))]
        if failed:
            cause = error_of(error)
            end = f"), and not undone: {'; '.join(failed)}"
            start = f"{cause.code} ({cause.message}"[: max(_MIN_CAUSE_CHARACTERS, MAX_MESSAGE_CHARACTERS - len(end))]
            message = start + end
            raise PermanentError(ErrorCode.NOT_UNDONE, message) from error


async def _try(name: str, undo: Callable[[], Awaitable[Any]]) -> str | None:
    """Run a step that undoes; return its name and error if it fails."""
    try:
        await undo()
    except ApplicationError as exc:
        return f"{name}: {error_of(exc).code}"
    return None
