"""What steps leave behind: lines in a file that only grows, and a gate that some of them wait at.

Worker processes write and the test reads; they share one folder, which the workers find in their environment.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.waiting import POLL, wait_until

FOLDER = "EVIDENCE"  # the variable that names the folder


class Line(NamedTuple):
    """Something happened in a job, in a process."""

    job: str
    what: str
    pid: int


@dataclass(frozen=True)
class Evidence:
    """The lines and the gate of one test, in its folder."""

    folder: Path

    @classmethod
    def here(cls) -> "Evidence":
        """Return that of this worker process."""
        return cls(Path(os.environ[FOLDER]))

    def note(self, job: str, what: str) -> None:
        """Add a line; a short append is one write, so lines of several processes do not mix."""
        with (self.folder / "lines.txt").open("a") as lines:
            lines.write(f"{job} {what} {os.getpid()}\n")

    def lines(self) -> list[Line]:
        """Every line so far, oldest first."""
        file = self.folder / "lines.txt"
        split = (line.split() for line in file.read_text().splitlines()) if file.exists() else ()
        return [Line(job, what, int(pid)) for job, what, pid in split]

    def of(self, job: str) -> list[str]:
        """What happened in one job."""
        return [line.what for line in self.lines() if line.job == job]

    def wait_for(self, job: str, what: str, times: int = 1) -> Line:
        """Return the line once it is there so many times."""

        def found() -> Line | None:
            lines = [line for line in self.lines() if line[:2] == (job, what)]
            return lines[times - 1] if len(lines) >= times else None

        return wait_until(found, lambda: f"{job} {what} is not {times} times among {self.lines()}")

    async def first(self, wanted: Callable[[Line], bool]) -> Line:
        """Return the first line that is wanted, once it is there; the event loop goes on meanwhile."""

        def found() -> Line | None:
            return next((line for line in self.lines() if wanted(line)), None)

        return await asyncio.to_thread(wait_until, found, lambda: f"it is not among {self.lines()}")

    def open_gate(self) -> None:
        """Let every step through, now and later."""
        (self.folder / "gate-is-open").touch()

    @property
    def is_gate_open(self) -> bool:
        """Whether steps pass."""
        return (self.folder / "gate-is-open").exists()

    async def wait_at_gate(self) -> None:
        """Return once the gate is open."""
        while not self.is_gate_open:  # noqa: ASYNC110 it is another process that opens it
            await asyncio.sleep(POLL)

    def most_at_once(self, job: str, began: str, left: str) -> int:
        """How many of these were under way at the same time, at most."""
        now = most = 0
        for what in self.of(job):
            now += (what == began) - (what == left)
            most = max(most, now)
        return most
