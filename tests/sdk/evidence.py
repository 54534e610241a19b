"""What the steps of a scenario leave behind: lines in a file that only grows, and a gate that some of them wait at.

Worker processes write and the test reads; they share one folder and nothing else.
"""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

POLL = 0.01  # seconds between two looks at a file
PATIENCE = 30.0  # seconds; what a test waits for takes a few at most, a crowded machine may need more


class Step(NamedTuple):
    """One line: a step of a job began in a process."""

    job: str
    name: str
    pid: int


@dataclass(frozen=True)
class Evidence:
    """The lines and the gate of one scenario, in its folder."""

    folder: Path

    @property
    def file(self) -> Path:
        """Where the lines are."""
        return self.folder / "steps.txt"

    @property
    def gate(self) -> Path:
        """The file whose existence opens the gate."""
        return self.folder / "gate-is-open"

    def note(self, job: str, name: str) -> None:
        """Add a line; a short append is one write, so lines of several processes do not mix."""
        with self.file.open("a") as lines:
            lines.write(f"{job} {name} {os.getpid()}\n")

    def steps(self) -> list[Step]:
        """Every line so far, oldest first; a job may be left out by what reads this."""
        if not self.file.exists():
            return []
        lines = (line.split() for line in self.file.read_text().splitlines())
        return [Step(job, name, int(pid)) for job, name, pid in lines]

    def names(self, job: str) -> list[str]:
        """The steps of one job, oldest first."""
        return [step.name for step in self.steps() if step.job == job]

    def open_gate(self) -> None:
        """Let every step through, now and later."""
        self.gate.touch()

    async def wait_at_gate(self) -> None:
        """Return once the gate is open."""
        while not self.gate.exists():  # noqa: ASYNC110 it is another process that opens it
            await asyncio.sleep(POLL)

    async def wait_for(self, wanted: Callable[[Step], bool]) -> Step:
        """Return the first line that is wanted, once it is there."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for step in self.steps():
                if wanted(step):
                    return step
            await asyncio.sleep(POLL)
        raise TimeoutError(f"what was waited for is not among {self.steps()}")
