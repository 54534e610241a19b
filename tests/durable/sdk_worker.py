"""A worker process on the SDK's own facade, to show what happens without the toolkit."""

import asyncio
import json
import os
import sys
import threading
from datetime import timedelta
from pathlib import Path

import aiohttp
from resonate.resonate import Resonate
from resonate.retry import Never

from tests.durable.flows import WORKFLOWS
from tests.durable.worker import end_with_test


async def work() -> None:
    """Run what the server sends, and write how many asyncio tasks that takes."""
    given = json.loads(sys.argv[1])
    settings = given["settings"]
    resonate = Resonate(
        url=settings["url"],
        group=settings["group"],
        ttl=timedelta(seconds=settings["lease"]),
        max_concurrent_tasks=settings.get("concurrency", 4),
        retry_policy=Never(),
    )
    for workflow in WORKFLOWS:
        resonate.register(workflow.body, name=workflow.name, version=workflow.version)
    max_tasks, file = 0, Path(given["gauges"])
    while True:
        max_tasks = max(max_tasks, len(asyncio.all_tasks()))
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps({"tasks": max_tasks}))
        draft.replace(file)
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    threading.Thread(target=end_with_test, daemon=True).start()
    if total := os.environ.get("TOTAL"):
        # aiohttp's default timeout of a whole request, which is 300 s: too long for a test.
        aiohttp.client.DEFAULT_TIMEOUT = aiohttp.ClientTimeout(total=float(total))  # type: ignore[misc]
    asyncio.run(work())
