"""The keeper as a process, told by its environment as in the cloud."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from keeper.settings import Address
from local.server_process import PROCESS_TIMEOUT, ROOT
from tests.waiting import wait_until


def environ(address: Address, **more: str) -> dict[str, str]:
    """What the task definition would give."""
    return {
        "PATH": os.environ["PATH"],
        "DB_HOST": address.host,
        "DB_PORT": str(address.port),
        "DB_NAME": address.name,
        "DB_SSLMODE": address.sslmode,
        "DB_USER": address.user,
        "DB_PASSWORD": address.password,
        "METRICS_URL": "http://127.0.0.1:9/metrics",
        "RETENTION_DAYS": "1",
        "HISTORY_INTERVAL_SECONDS": "1",
        "GAUGES_INTERVAL_SECONDS": "1",
        **more,
    }


class Keeper:
    """A running keeper; in a `with` block it is ended at the end."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._out = folder / "keeper.log"
        with self._out.open("ab") as out:
            command = [sys.executable, "-X", "dev", "-W", "error", "-m", "keeper"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def end(self) -> int:
        """Tell it to stop as ECS does, and return how it went."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PROCESS_TIMEOUT)

    def lines(self) -> list[dict[str, Any]]:
        """Everything that it has written; each whole line must be JSON."""
        text = self._out.read_text()
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def said(self, message: str) -> list[dict[str, Any]]:
        """Its log lines with this message."""
        return [line for line in self.lines() if line.get("message") == message]

    def wait_for(self, message: str, *, times: int = 1) -> None:
        """Return once it has said so."""
        wait_until(lambda: len(self.said(message)) >= times, f"{message!r} in {self._out.read_text()[-2000:]}")

    def gauges(self, name: str) -> list[float]:
        """The values that it has published, the latest last."""
        return [line[name] for line in self.lines() if name in line]
