"""Several calls at once: the first to end, the first to succeed, or all of them.

    first = await race(ctx, ctx.rpc(search, "library"), ctx.sleep(timedelta(hours=1)))

Which call is first is chance, and a resumed body sees more of them settled than before. So the choice is a checkpoint
that each later run reads. Calls that lost are called off (see `Run.call_off`): a job cannot end while one is open.

Each call is one step of the caller's sequence; for several steps, call a workflow. While a step runs in this task, the
race does not notice calls that end elsewhere: a step has its own timeout.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, overload

from resonate.context import Context, ResonateFuture
from resonate.error import ApplicationError, Suspended

from .errors import JobError, error_of, most_severe
from .run import current_run, retrieve_outcome


@dataclass(frozen=True, kw_only=True)
class CallOutcome[T]:
    """How one of several calls ended; `index` is its position among them, from 0."""

    index: int
    value: T | None = None
    error: JobError | None = None

    def get(self) -> T:
        """Return the value, or raise the error."""
        if self.error:
            raise self.error
        return self.value  # type: ignore[return-value] # without an error it is a T, which may be None


async def race[T](ctx: Context, *calls: ResonateFuture[T], keep: Collection[ResonateFuture[T]] = ()) -> CallOutcome[T]:
    """Return how the first call ended, and call off the others, except those to keep."""
    first = await _take_first(ctx, calls, lambda _: True, keep)
    if first is None:
        raise ValueError("a race needs at least one call")
    return first


async def first_successful[T](ctx: Context, *calls: ResonateFuture[T]) -> CallOutcome[T]:
    """Return the first call that succeeded, and call off the others; if all fail, raise the most severe error."""
    first = await _take_first(ctx, calls, lambda outcome: outcome.error is None)
    if first is None:
        raise most_severe(outcome.error for outcome in await all_settled(ctx, *calls) if outcome.error)
    return first


async def all_settled[T](_: Context, *calls: ResonateFuture[T]) -> tuple[CallOutcome[T], ...]:
    """Return how each call ended, once all have."""
    outcomes = [await _look(index, call) for index, call in enumerate(calls)]
    ended = tuple(outcome for outcome in outcomes if outcome)
    if len(ended) < len(outcomes):
        raise Suspended
    return ended


@overload
async def all_of[A, B](ctx: Context, first: ResonateFuture[A], second: ResonateFuture[B], /) -> tuple[A, B]: ...
@overload
async def all_of[A, B, C](
    ctx: Context, first: ResonateFuture[A], second: ResonateFuture[B], third: ResonateFuture[C], /
) -> tuple[A, B, C]: ...
@overload
async def all_of[T](ctx: Context, *calls: ResonateFuture[T]) -> tuple[T, ...]: ...
async def all_of(ctx: Context, *calls: ResonateFuture[Any]) -> tuple[Any, ...]:
    """Return the values of all calls; when one fails, call off the others and raise its error."""
    failed = await _take_first(ctx, calls, lambda outcome: outcome.error is not None)
    if failed:
        failed.get()
    return tuple(outcome.get() for outcome in await all_settled(ctx, *calls))


@dataclass(frozen=True)
class Choice:
    """Which call was first, and the promises of those to call off."""

    index: int
    lost: list[str]


async def keep_choice(_: Context, choice: Choice) -> Choice:
    """Return the choice: as a call of its own it is a checkpoint."""
    return choice


async def call_off(_: Context, promises: list[str]) -> None:
    """Call off the calls that have lost. A run that resumes in the middle calls off all of them again."""
    await current_run().call_off(promises)


async def _take_first[T](
    ctx: Context,
    calls: Sequence[ResonateFuture[T]],
    wins: Callable[[CallOutcome[T]], bool],
    keep: Collection[ResonateFuture[T]] = (),
) -> CallOutcome[T] | None:
    """Return the first outcome that wins, or None if all have ended without one."""
    looks = [_start_look(index, call) for index, call in enumerate(calls)]
    winner = await _wait_for_winner(looks, wins)
    if winner is None:
        return None
    kept = {await call.id() for call in keep}
    ids = [await call.id() for call in calls]
    open_ids = [promise for promise, look in zip(ids, looks, strict=True) if not look.done() or look.result() is None]
    lost = [promise for promise in open_ids if promise not in kept]
    choice = await ctx.run(keep_choice, Choice(winner, lost))
    if choice.lost:
        await ctx.run(call_off, choice.lost)
    return await _look(choice.index, calls[choice.index])


def _start_look[T](index: int, call: ResonateFuture[T]) -> asyncio.Task[CallOutcome[T] | None]:
    """Look at a call beside others. The task is never canceled: that would cancel the call."""
    look = asyncio.create_task(_look(index, call))  # durable: allow D12 the choice is a checkpoint
    look.add_done_callback(retrieve_outcome)  # a race may not wait for it
    return look


async def _wait_for_winner[T](
    looks: Sequence[asyncio.Task[CallOutcome[T] | None]], wins: Callable[[CallOutcome[T]], bool]
) -> int | None:
    """Return the index of a winner, or None if all calls have ended without one; suspend if one may still win."""
    running = set(looks)
    while True:
        ended = [look.result() for look in looks if look.done()]
        for outcome in ended:
            if outcome and wins(outcome):
                return outcome.index
        if not running:
            break
        # durable: allow D12 the choice is a checkpoint
        _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    if None in ended:
        raise Suspended
    return None


async def _look[T](index: int, call: ResonateFuture[T]) -> CallOutcome[T] | None:
    """Return how a call ended, or None if it is under way elsewhere."""
    try:
        return CallOutcome(index=index, value=await call)
    except ApplicationError as exc:
        return CallOutcome(index=index, error=error_of(exc))
    except Suspended:  # durable: allow D14 the callers raise it if the outcome matters
        return None
