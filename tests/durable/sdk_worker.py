"""A worker process made of the SDK's own facade: it shows what happens without the toolkit."""

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
    """Run what the server sends, and tell how many tasks of the event loop that takes."""
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
    most, file = 0, Path(given["gauges"])
    while True:
        most = max(most, len(asyncio.all_tasks()))
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps({"tasks": most}))
        draft.replace(file)
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    threading.Thread(target=end_with_test, daemon=True).start()
    if total := os.environ.get("TOTAL"):
        # What aiohttp allows a whole request that says nothing else: 300 s, which no test waits for.
        aiohttp.client.DEFAULT_TIMEOUT = aiohttp.ClientTimeout(total=float(total))  # type: ignore[misc]
    asyncio.run(work())
