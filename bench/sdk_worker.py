"""A worker of the SDK with the measured workflow: five steps that do nothing, so only the server costs time."""

import asyncio
import sys
from datetime import timedelta

from resonate.context import Context
from resonate.resonate import Resonate

from .sdk_stream import watch_stream_opening
from .worker_process import READY_WORD

CONCURRENCY = 64  # the clients of the largest load
LEASE = timedelta(seconds=60)


async def do_nothing(_: Context, n: int) -> int:
    """Return the number of the step."""
    return n


async def five_steps(ctx: Context) -> int:
    """Run five steps in sequence."""
    total = 0
    for n in range(5):
        total += await ctx.run(do_nothing, n)
    return total


async def run_worker(url: str) -> None:
    """Work until this process is killed."""
    is_open = watch_stream_opening()
    resonate = Resonate(url=url, group="bench", ttl=LEASE, max_concurrent_tasks=CONCURRENCY)
    resonate.register(five_steps)
    await is_open.wait()
    print(READY_WORD, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run_worker(sys.argv[1]))
