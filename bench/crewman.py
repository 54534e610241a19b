"""A worker process that is measured: made of our runtime, or of the SDK's own facade. It tells its gauges in a file.

It ends when its standard input does, so that none outlives the bench that started it.
"""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import psutil
from resonate.resonate import Resonate
from resonate.retry import Never

from durable.runtime import Settings, Worker, WorkerProcess

from .flows import FINISHED, WORKFLOWS
from .stream import opened

_TICK: Final = 0.05


async def tell(file: Path, is_ready: Callable[[], bool]) -> None:
    """Replace the file now and then; whoever reads it finds a whole one."""
    most = 0
    while True:
        most = max(most, len(asyncio.all_tasks()) - 1)  # without this one
        times = list(FINISHED.values())  # in their order
        told = {
            "ready": is_ready(),
            "tasks": most,
            "rss": psutil.Process().memory_info().rss,
            "finished": len(times),
            "first": times[0] if times else 0,
            "last": times[-1] if times else 0,
        }
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(told))
        draft.replace(file)
        await asyncio.sleep(_TICK)


async def ours(given: dict[str, Any], file: Path) -> None:
    """Work with our runtime."""
    worker = Worker(Settings(**given), WORKFLOWS)
    telling = asyncio.create_task(tell(file, lambda: worker.is_ready))
    await WorkerProcess([worker]).serve()
    telling.cancel()


async def facade(given: dict[str, Any], file: Path) -> None:
    """Work with the SDK's facade; told to stop, it does what the SDK offers for that."""
    is_open, stop = opened(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    resonate = Resonate(
        url=given["url"],
        group=given["group"],
        ttl=timedelta(seconds=given["lease"]),
        max_concurrent_tasks=given["concurrency"],
        retry_policy=Never(),  # our steps have their own
    )
    for workflow in WORKFLOWS:
        resonate.register(workflow.body, name=workflow.name, version=workflow.version)
    telling = asyncio.create_task(tell(file, is_open.is_set))
    await stop.wait()
    await resonate.stop()
    telling.cancel()


def end_with_bench() -> None:
    """Wait for the end of standard input."""
    sys.stdin.read()
    os._exit(9)


PROGRAMS: Final = {"ours": ours, "facade": facade}

if __name__ == "__main__":
    threading.Thread(target=end_with_bench, daemon=True).start()
    name, settings, gauges = sys.argv[1:]
    asyncio.run(PROGRAMS[name](json.loads(settings), Path(gauges)))
    os._exit(0)
