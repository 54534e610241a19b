"""A measured worker process, with our runtime or the SDK's facade. It writes its gauges into a file."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import psutil
from resonate.resonate import Resonate
from resonate.retry import Never

from durable.runtime import Settings, Worker, WorkerProcess

from .sdk_stream import watch_stream_opening
from .worker_process import READY_WORD
from .workflows import FINISH_TIMES, WORKFLOWS

_WRITE_SECONDS: Final = 0.05


async def write_gauges(file: Path, is_ready: Callable[[], bool]) -> None:
    """Replace the file repeatedly and atomically, so that a reader finds a complete one; log once that it is ready."""
    max_tasks, is_logged = 0, False
    while True:
        max_tasks = max(max_tasks, len(asyncio.all_tasks()) - 1)  # without this one
        times = list(FINISH_TIMES.values())  # in order
        gauges = {
            "tasks": max_tasks,
            "rss": psutil.Process().memory_info().rss,
            "finished": len(times),
            "first": times[0] if times else 0,
            "last": times[-1] if times else 0,
        }
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(gauges))
        draft.replace(file)
        if is_ready() and not is_logged:
            print(READY_WORD, flush=True)
            is_logged = True
        await asyncio.sleep(_WRITE_SECONDS)


async def run_ours(settings: dict[str, Any], file: Path) -> None:
    """Work with our runtime until SIGTERM."""
    worker = Worker(Settings(**settings), WORKFLOWS)
    writing = asyncio.create_task(write_gauges(file, lambda: worker.is_ready))
    await WorkerProcess([worker]).serve()
    writing.cancel()


async def run_facade(settings: dict[str, Any], file: Path) -> None:
    """Work with the SDK's facade until SIGTERM; then call its stop."""
    is_open, stop = watch_stream_opening(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    resonate = Resonate(
        url=settings["url"],
        group=settings["group"],
        ttl=timedelta(seconds=settings["lease"]),
        max_concurrent_tasks=settings["concurrency"],
        retry_policy=Never(),  # our steps have their own
    )
    for workflow in WORKFLOWS:
        resonate.register(workflow.body, name=workflow.name, version=workflow.version)
    writing = asyncio.create_task(write_gauges(file, is_open.is_set))
    await stop.wait()
    await resonate.stop()
    writing.cancel()


PROGRAMS: Final = {"ours": run_ours, "facade": run_facade}

if __name__ == "__main__":
    name, settings, gauges = sys.argv[1:]
    asyncio.run(PROGRAMS[name](json.loads(settings), Path(gauges)))
    os._exit(0)
