"""A program of the hosted system as a process: configured by its environment, stopped and killed as by ECS."""

import json
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from local.choices import PASSED_ON
from local.server_process import ROOT
from tests import warm_start
from tests.waiting import TIMEOUT_SECONDS, wait_until


class Program:
    """Each start has a log of its own, which begins with `name`."""

    def __init__(self, name: str, command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> None:
        number = len(list(folder.glob(f"{name}-*.log"))) + 1
        self.log: Final = folder / f"{name}-{number}.log"
        inherited = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        with self.log.open("wb") as out:
            # A process group of its own, which is killed as a whole, like a container.
            self.process = warm_start.start(
                command, cwd=ROOT, env={**inherited, **environ}, stdout=out, stderr=out, start_new_session=True
            )

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    @property
    def log_text(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every complete log line that is JSON."""
        whole = self.log_text.rpartition("\n")[0].splitlines()
        return [json.loads(line) for line in whole if line.startswith("{")]

    def has_logged(self, event: str, **fields: object) -> bool:
        """Whether the log has a line with these fields."""
        return any({"event": event, **fields}.items() <= line.items() for line in self.lines)

    def wait_for(self, event: str, **fields: object) -> None:
        """Return once the log has a line with these fields."""
        wait_until(lambda: self.has_logged(event, **fields), lambda: f"no {event} {fields} in {self.log_text[-3000:]}")

    def send_sigterm(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Wait for the end, and return the exit code."""
        return self.process.wait(TIMEOUT_SECONDS)

    def stop(self) -> int:
        """Send SIGTERM, and return the exit code."""
        self.send_sigterm()
        return self.wait()

    def kill(self) -> None:
        """Kill the program and its child processes."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
