"""What steps leave behind: lines in a file that only grows, and a gate at which some of them wait.

Worker processes write and the test reads. They share one folder, which workers find in their environment.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.waiting import POLL_SECONDS, wait_until

FOLDER = "EVIDENCE"  # the variable that names the folder


class EvidenceLine(NamedTuple):
    """An event in a job, and the process in which it happened."""

    job: str
    event: str
    pid: int


@dataclass(frozen=True)
class Evidence:
    """The lines and the gate of one test, in its folder."""

    folder: Path

    @classmethod
    def from_environment(cls) -> "Evidence":
        """Return the evidence of this worker process."""
        return cls(Path(os.environ[FOLDER]))

    def note(self, job: str, event: str) -> None:
        """Add a line; a short append is one write, so lines of several processes do not mix."""
        with (self.folder / "lines.txt").open("a") as lines:
            lines.write(f"{job} {event} {os.getpid()}\n")

    def lines(self) -> list[EvidenceLine]:
        """Return all lines so far, oldest first."""
        file = self.folder / "lines.txt"
        split = (line.split() for line in file.read_text().splitlines()) if file.exists() else ()
        return [EvidenceLine(job, event, int(pid)) for job, event, pid in split]

    def events_of(self, job: str) -> list[str]:
        """Return the events of one job."""
        return [line.event for line in self.lines() if line.job == job]

    def wait_for(self, job: str, event: str, times: int = 1) -> EvidenceLine:
        """Return the line of the event's nth time, once it is there."""

        def find() -> EvidenceLine | None:
            lines = [line for line in self.lines() if line[:2] == (job, event)]
            return lines[times - 1] if len(lines) >= times else None

        return wait_until(find, lambda: f"{job} {event} is not {times} times among {self.lines()}")

    async def first(self, is_wanted: Callable[[EvidenceLine], bool]) -> EvidenceLine:
        """Return the first wanted line, once it is there, without blocking the event loop."""

        def find() -> EvidenceLine | None:
            return next((line for line in self.lines() if is_wanted(line)), None)

        return await asyncio.to_thread(wait_until, find, lambda: f"it is not among {self.lines()}")

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
            await asyncio.sleep(POLL_SECONDS)

    def max_concurrent(self, job: str, start: str, end: str) -> int:
        """Return how many pairs of these two events overlapped at most."""
        now = peak = 0
        for event in self.events_of(job):
            now += (event == start) - (event == end)
            peak = max(peak, now)
        return peak
