"""A worker process on the SDK's own facade, which lives until its standard input closes.

So no worker outlives the test that started it, even if the test is killed.
"""

import argparse
import asyncio
import logging
import sys
from datetime import timedelta
from pathlib import Path

from resonate.resonate import Resonate
from resonate.retry import Never

from tests.evidence import Evidence
from tests.sdk.workflows import WORKFLOWS


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--group", required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where the evidence is left")
    parser.add_argument("--lease", type=float, required=True, help="seconds")
    parser.add_argument("--slots", type=int, required=True, help="concurrent tasks")
    return parser.parse_args()


async def work(args: argparse.Namespace) -> None:
    """Run what the server sends, until standard input ends."""
    resonate = Resonate(
        url=args.url,
        group=args.group,
        ttl=timedelta(seconds=args.lease),
        max_concurrent_tasks=args.slots,
        retry_policy=Never(),  # a step that fails must fail now: the default waits 2, 4, 8 ... seconds
    )
    resonate.with_dependency(Evidence(args.folder))
    for workflow in WORKFLOWS:
        resonate.register(workflow)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    asyncio.run(work(parse_arguments()))
