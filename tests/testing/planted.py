"""Faults that a test of one run does not see, each with a scenario for the certifier, and their correct twins."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from resonate.context import Context
from resonate.error import Suspended

from durable import Workflow, step, workflow
from durable.testing import Trial

ATTEMPTS = [0]  # what a workflow must not have: memory of its own
LOOKED_UP: list[int] = []


@step(timeout=30)
async def add_one(number: int) -> int:
    """Return the next number."""
    return number + 1


@step(timeout=30)
async def double(number: int) -> int:
    """Return twice the number."""
    return number * 2


@step(timeout=30)
async def send(number: int) -> None:
    """Do something to the world; scenarios replace it."""
    raise AssertionError(number)


@workflow(name="branch_by_chance")
async def branch_by_chance(ctx: Context, number: int) -> int:
    """Call one of two steps, as by a clock or a random number."""
    ATTEMPTS[0] += 1
    return await ctx.run(add_one if ATTEMPTS[0] % 2 else double, number)  # durable: allow D08 planted


@workflow(name="remember")
async def remember(ctx: Context, number: int) -> int:
    """Return what depends on earlier runs."""
    LOOKED_UP.append(number)
    return await ctx.run(add_one, number) + len(LOOKED_UP)


@workflow(name="change_list")
async def change_list(ctx: Context) -> int:
    """Let steps change the body's own list."""
    found: list[int] = []

    @step(timeout=30)
    async def append(number: int) -> None:
        found.append(number)

    for number in range(3):
        await ctx.run(append, number)
    await ctx.run(double, 1)
    return sum(found)


@workflow(name="wait")
async def wait(ctx: Context, seconds: int) -> int:
    """Wait for some seconds."""
    await ctx.sleep(timedelta(seconds=seconds))
    return await ctx.run(add_one, seconds)


@workflow(name="race_by_looking")
async def race_by_looking(ctx: Context) -> int:
    """Return the first part that is done when the body looks, which a later run need not see first."""
    for number, part in enumerate([ctx.rpc(wait, seconds) for seconds in (10, 5)]):
        try:
            await part
        except Suspended:
            continue
        return await ctx.run(double, number)
    raise Suspended


@workflow(name="send_once")
async def send_once(ctx: Context, number: int) -> int:
    """Do something to the world."""
    await ctx.run(send, number)
    return number


@workflow(name="send_twice")
async def send_twice(ctx: Context) -> None:
    """Do something to the world, twice at once."""
    await asyncio.gather(ctx.run(send, 1), ctx.run(send, 2))


@workflow(name="share_context")
async def share_context(ctx: Context) -> list[int]:
    """Run two sequences at once, whose steps take their places in the order of the answers."""

    async def run_sequence(number: int) -> int:
        return await ctx.run(double, await ctx.run(add_one, number))

    return list(await asyncio.gather(run_sequence(1), run_sequence(10)))


@workflow(name="sequence")
async def sequence(ctx: Context, number: int) -> int:
    """Run two steps."""
    return await ctx.run(double, await ctx.run(add_one, number))


@workflow(name="share_nothing")
async def share_nothing(ctx: Context) -> list[int]:
    """Run two sequences at once, each in a context of its own."""
    return list(await asyncio.gather(ctx.run(sequence, 1), ctx.run(sequence, 10)))


def run_plainly(start: Workflow[..., Any], *args: Any, others: tuple[Workflow[..., Any], ...] = ()) -> Any:  # noqa: ANN401
    """Return a scenario that runs a workflow to its end."""

    def scenario(trial: Trial) -> object:
        ATTEMPTS[0] = 0
        LOOKED_UP.clear()
        with trial.test(start, *others) as test:
            return test.start(start, *args).result()

    return scenario


def run_sending(find_key: Callable[[int], str | None]) -> Any:  # noqa: ANN401
    """Return a scenario whose step has an effect, with an idempotency key or without."""

    def scenario(trial: Trial) -> object:
        with trial.test(send_once) as test:
            test.replace(send, lambda number: trial.effects.add("sent", find_key(number)))
            return test.start(send_once, 1).result()

    return scenario


def send_without_key(trial: Trial) -> object:
    """Send without a key: a target of `durable certify`."""
    return run_sending(lambda _: None)(trial)


def send_with_key(trial: Trial) -> object:
    """Send with a key: a target of `durable certify`."""
    return run_sending(str)(trial)
