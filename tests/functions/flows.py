"""Workflows for functions. Their steps take as much of a call's time as they say, without a test that waits for it."""

import asyncio
import os
import time
from typing import Final

from durable import Context, Retry, step, workflow
from tests.durable.flows import WORKFLOWS as COMMON
from tests.evidence import Evidence


class PassedTime:
    """A monotonic clock that steps set forward."""

    def __init__(self) -> None:
        self._passed = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return time.monotonic() + self._passed

    def add(self, seconds: float) -> None:
        """Set it forward."""
        self._passed += seconds


TIME: Final = PassedTime()


@step(timeout=100)
async def work(job: str, number: int) -> int:
    """Take 80 seconds."""
    Evidence.from_environment().note(job, f"worked-{number}")
    TIME.add(80)
    return number


@step(timeout=100, at_most_once=True)
async def charge(job: str) -> None:
    """Take 80 seconds, once."""
    Evidence.from_environment().note(job, "charged")
    TIME.add(80)


@step(timeout=100, retry=Retry(attempts=5, first=0.01))
async def refuse(job: str) -> None:
    """Fail after 90 seconds."""
    Evidence.from_environment().note(job, "refused")
    TIME.add(90)
    raise ConnectionError("refused")


@step(timeout=900)
async def scan() -> None:
    """Need more time than a function has."""


@step(timeout=280)
async def read() -> None:
    """Need nearly all of a call's time."""


@step(timeout=100)
async def block(job: str) -> None:
    """Block the event loop for a moment, as code that is not async does."""
    Evidence.from_environment().note(job, "blocked")
    time.sleep(0.2)  # noqa: ASYNC251 that is the point


@step(timeout=100)
async def die(job: str) -> None:
    """Wait at the gate, and end the process."""
    Evidence.from_environment().note(job, "dies")
    await Evidence.from_environment().wait_at_gate()
    os._exit(1)


@workflow(name="paced")
async def pace(ctx: Context, job: str, count: int) -> int:
    """Work so many times, one after the other."""
    return sum([await ctx.run(work, job, number) for number in range(count)])


@workflow(name="paying")
async def pay(ctx: Context, job: str) -> None:
    """Charge when no time is left."""
    for number in range(3):
        await ctx.run(work, job, number)
    await ctx.run(charge, job)


@workflow(name="refused")
async def be_refused(ctx: Context, job: str) -> None:
    """Run a step that fails slowly."""
    await ctx.run(refuse, job)


@workflow(name="scanning")
async def run_scan(ctx: Context) -> None:
    """Run a step that never fits."""
    await ctx.run(scan)


@workflow(name="slow_replay")
async def replay_slowly(ctx: Context) -> None:
    """Take 50 seconds of each run before the step that needs nearly all."""
    TIME.add(50)
    await ctx.run(read)


@workflow(name="endless_replay")
async def replay_endlessly(_: Context) -> None:
    """Take more than a whole call before the first step."""
    TIME.add(400)
    await asyncio.Event().wait()


@workflow(name="blocking")
async def run_block(ctx: Context, job: str) -> None:
    """Run a step that blocks."""
    await ctx.run(block, job)


@workflow(name="dying")
async def run_die(ctx: Context, job: str) -> int:
    """Run three steps; the process ends in the second one the first time."""
    await ctx.run(work, job, 1)
    await ctx.run(die, job)
    return await ctx.run(work, job, 3)


@workflow(name="factorial")
async def factorial(ctx: Context, n: int) -> int:
    """Return n!, with a task for each multiplication."""
    if n <= 1:
        return 1
    smaller: int = await ctx.rpc(factorial, n - 1)
    return n * smaller


@workflow(name="greeting")
async def greet(_: Context, name: str) -> str:
    """Return at once."""
    return f"hello {name}"


@workflow(name="greeting", version=2)
async def greet_in_version_2(_: Context, name: str) -> str:
    """Return something else."""
    return f"good day {name}"


@step(timeout=100)
async def wait_for_gate(job: str) -> str:
    """Wait at the gate."""
    evidence = Evidence.from_environment()
    evidence.note(job, "waits")
    while not evidence.is_gate_open:  # noqa: ASYNC110 it is another process that opens it
        await asyncio.sleep(0.1)  # many wait at once
    evidence.note(job, "passed")
    return job


@workflow(name="waiting")
async def run_wait(ctx: Context, job: str) -> str:
    """Wait at the gate."""
    return await ctx.run(wait_for_gate, job)


WORKFLOWS: Final = (
    *COMMON, pace, pay, be_refused, run_scan, replay_slowly, replay_endlessly, run_block, run_die, factorial, greet,
    run_wait
)  # fmt: skip
