"""The keeper as a process, configured by its environment as in the cloud."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from keeper.settings import DatabaseAddress
from local.logged_process import LoggedProcess
from local.server_process import ROOT
from tests import warm_start
from tests.waiting import wait_until

from .postgres import address_variables

PROGRAM = "tests.keeper.strict_keeper"


def keeper_environment(address: DatabaseAddress, **changes: str) -> dict[str, str]:
    """Return the variables of the task definition."""
    return {
        "PATH": os.environ["PATH"],
        **address_variables(address),
        "METRICS_URL": "http://127.0.0.1:9/metrics",
        "RETENTION_DAYS": "1",
        "HISTORY_INTERVAL_SECONDS": "1",
        "GAUGES_INTERVAL_SECONDS": "1",
        **changes,
    }


class KeeperProcess(LoggedProcess):
    """A running keeper; the end of a `with` block kills it."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        command = [sys.executable, "-m", PROGRAM]
        super().__init__(
            "keeper",
            command,
            folder / "keeper.log",
            cwd=ROOT,
            environ=env,
            start_process=warm_start.start,
        )

    def __exit__(self, *_: object) -> None:
        self.kill()

    def lines(self) -> list[dict[str, Any]]:
        """Return every complete line; each must be JSON."""
        text = self.log.read_text()
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def find_lines(self, message: str) -> list[dict[str, Any]]:
        """Return the log lines with this message."""
        return [line for line in self.lines() if line.get("message") == message]

    def wait_for(self, message: str) -> None:
        """Return once the keeper has logged the message."""
        wait_until(lambda: self.find_lines(message), f"{message!r} in {self.log.read_text()[-2000:]}")

    def gauges(self, name: str) -> list[float]:
        """Return the published values of a gauge, the latest last."""
        return [line[name] for line in self.lines() if name in line]
