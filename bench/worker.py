"""A worker with the one workflow that is measured: five steps that do nothing, so that only the server costs."""

import argparse
import asyncio
import signal
from datetime import timedelta

from resonate.context import Context
from resonate.resonate import Resonate

from .stream import opened

CONCURRENCY = 64  # as many as the largest load sends at once
LEASE = timedelta(seconds=60)


async def nothing(_: Context, n: int) -> int:
    """Do nothing, and say which time it was."""
    return n


async def five_steps(ctx: Context) -> int:
    """Take five steps, one after the other."""
    total = 0
    for n in range(5):
        total += await ctx.run(nothing, n)
    return total


async def work(url: str) -> None:
    """Serve until told to stop."""
    is_open = opened()
    resonate = Resonate(url=url, group="bench", ttl=LEASE, max_concurrent_tasks=CONCURRENCY)
    resonate.register(five_steps)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await is_open.wait()
    print("ready", flush=True)
    await stop.wait()
    await resonate.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    asyncio.run(work(parser.parse_args().url))
