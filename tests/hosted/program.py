"""One program of the hosted system as a process: told by its environment alone, stopped and killed as ECS does it."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from local.choices import PASSED_ON
from local.server_process import ROOT
from tests.waiting import wait_until

PATIENCE: Final = 30.0  # seconds that a program has to end; a crowded machine may need some of them


class Program:
    """`name` is its log's too, of which each start has one of its own."""

    def __init__(self, name: str, words: Sequence[str], folder: Path, environ: Mapping[str, str]) -> None:
        number = len(list(folder.glob(f"{name}-*.log"))) + 1
        self.log: Final = folder / f"{name}-{number}.log"
        own = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        with self.log.open("wb") as out:
            # A group of its own, as a container has, which is killed as a whole.
            self.process = subprocess.Popen(
                words, cwd=ROOT, env={**own, **environ}, stdout=out, stderr=out, start_new_session=True
            )

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every whole line of it that is JSON."""
        whole = self.said.rpartition("\n")[0].splitlines()
        return [json.loads(line) for line in whole if line.startswith("{")]

    def has_said(self, event: str, **fields: object) -> bool:
        """Whether its log has such a line."""
        return any({"event": event, **fields}.items() <= line.items() for line in self.lines)

    def wait_for(self, event: str, **fields: object) -> None:
        """Return once its log has such a line."""
        wait_until(lambda: self.has_said(event, **fields), lambda: f"no {event} {fields} in {self.said[-3000:]}")

    def tell_to_stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Return its exit code, once it has one."""
        return self.process.wait(PATIENCE)

    def stop(self) -> int:
        """Tell it, and return how it went."""
        self.tell_to_stop()
        return self.wait()

    def kill(self) -> None:
        """End it without warning, and all that it has started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
