"""A server with worker processes, and jobs for them: what `recovery` and `backlog` are measured in."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from local.server_process import ROOT, EmbeddedProgram, Options, ServerProcess, start
from wire.client import Client
from wire.roots import root_promise

from .ending import end_in_order
from .flows import FOLDER

PROGRAMS: Final = {"ours": "our runtime", "facade": "the SDK's facade"}
GROUP: Final = "crew"
DAY: Final = 24 * 3_600_000  # ms
POLL: Final = 0.005  # seconds between two looks at a file
PATIENCE: Final = 60.0  # seconds; what is waited for takes a lease or a repetition of the server's at most


@dataclass(frozen=True)
class Crewman:
    """A worker process."""

    process: subprocess.Popen[bytes]
    file: Path
    log: Path

    @property
    def gauges(self) -> Mapping[str, Any]:
        """What it told last; nothing before it told anything."""
        told: Mapping[str, Any] = json.loads(self.file.read_text()) if self.file.exists() else {}
        return told

    @property
    def said(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-2_000:]


class Crew:
    """The server, and the workers started so far."""

    def __init__(self, server: ServerProcess, folder: Path, stack: ExitStack) -> None:
        self.server = server
        self.folder = folder
        self.client = stack.enter_context(Client(server.url))
        self._stack = stack
        self._size = 0

    def start(self, program: str, **settings: object) -> Crewman:
        """Start a worker, and return it when it hears the server."""
        self._size += 1
        file, log = self.folder / f"{self._size}.json", self.folder / f"{self._size}.log"
        words = json.dumps({"url": self.server.url, "group": GROUP, "concurrency": 4, **settings})
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "bench.crewman", program, words, str(file)],
                cwd=ROOT, env={**os.environ, FOLDER: str(self.folder)}, stdin=subprocess.PIPE, stdout=out, stderr=out,
            )  # fmt: skip
        self._stack.callback(_end, process)
        man = Crewman(process, file, log)
        wait_until(lambda: man.gauges.get("ready"), lambda: f"it is not ready: {man.said}")
        return man

    def create(self, job: str, workflow: str, *args: object) -> None:
        """Create a job."""
        timeout_at = int(time.time() * 1000) + DAY
        target = f"poll://any@{GROUP}"
        self.client.create(root_promise(job, workflow, *args, target=target, timeout_at=timeout_at))


@contextmanager
def crew(options: Options) -> Iterator[Crew]:
    """Keep a server running, and what is started beside it; at the end all of it is gone."""
    end_in_order()
    with TemporaryDirectory() as name, ExitStack() as stack:
        server = stack.enter_context(start(EmbeddedProgram(), Path(name) / "server", options=options))
        yield Crew(server, Path(name), stack)


def wait_until[T](look: Callable[[], T | None], complaint: Callable[[], str], patience: float = PATIENCE) -> T:
    """Return what a look finds, as soon as it finds something true."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(POLL)
    raise TimeoutError(complaint())


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stdin:
        process.stdin.close()
