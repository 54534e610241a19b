"""A program that reports what its child processes find, and which process forks them; it ends with its input."""

import asyncio
import json
import sys

import psutil

from durable import run_in_child
from tests.durable import hostile_work


def main() -> None:
    """Print the report, and wait."""
    server = asyncio.run(run_in_child(hostile_work.find_parent, None))
    report = {
        "surroundings": asyncio.run(run_in_child(hostile_work.describe_surroundings, None)).model_dump(),
        "attacks": asyncio.run(run_in_child(hostile_work.attack, None)),
        "secrets": asyncio.run(run_in_child(hostile_work.spy_on_parent, None)),
        "fork server": server,
        "its parent": psutil.Process(server).ppid(),
    }
    print(json.dumps(report), flush=True)  # noqa: T201 - the program's output
    sys.stdin.read()


if __name__ == "__main__":
    main()
