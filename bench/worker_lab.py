"""A server with measured worker processes, for `recovery` and `backlog`."""

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

from .signals import exit_on_sigterm
from .workflows import FOLDER_VARIABLE

PROGRAMS: Final = {"ours": "our runtime", "facade": "the SDK's facade"}
GROUP: Final = "bench"
DAY_MS: Final = 24 * 3_600_000
POLL_SECONDS: Final = 0.005
TIMEOUT_SECONDS: Final = 60.0  # the longest waits are for a lease, or for the server to repeat a message


@dataclass(frozen=True)
class MeasuredWorker:
    """A worker process."""

    process: subprocess.Popen[bytes]
    file: Path
    log: Path

    @property
    def gauges(self) -> Mapping[str, Any]:
        """Its latest gauges; empty before the first."""
        gauges: Mapping[str, Any] = json.loads(self.file.read_text()) if self.file.exists() else {}
        return gauges

    @property
    def log_text(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-2_000:]


class WorkerLab:
    """A server, and the workers started so far."""

    def __init__(self, server: ServerProcess, folder: Path, stack: ExitStack) -> None:
        self.server = server
        self.folder = folder
        self.client = stack.enter_context(Client(server.url))
        self._stack = stack
        self._size = 0

    def start(self, program: str, **settings: object) -> MeasuredWorker:
        """Start a worker, and return it once it is connected."""
        self._size += 1
        file, log = self.folder / f"{self._size}.json", self.folder / f"{self._size}.log"
        arguments = json.dumps({"url": self.server.url, "group": GROUP, "concurrency": 4, **settings})
        env = {**os.environ, FOLDER_VARIABLE: str(self.folder)}
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "bench.measured_worker", program, arguments, str(file)],
                cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=out, stderr=out,
            )  # fmt: skip
        self._stack.callback(_kill, process)
        worker = MeasuredWorker(process, file, log)
        wait_until(lambda: worker.gauges.get("ready"), lambda: f"the worker is not ready: {worker.log_text}")
        return worker

    def create(self, job: str, workflow: str, *args: object) -> None:
        """Create a job."""
        timeout_at = int(time.time() * 1000) + DAY_MS
        target = f"poll://any@{GROUP}"
        self.client.create(root_promise(job, workflow, *args, target=target, timeout_at=timeout_at))


@contextmanager
def open_lab(options: Options) -> Iterator[WorkerLab]:
    """Run a server inside the block; the end of the block kills all processes."""
    exit_on_sigterm()
    with TemporaryDirectory() as name, ExitStack() as stack:
        server = stack.enter_context(start(EmbeddedProgram(), Path(name) / "server", options=options))
        yield WorkerLab(server, Path(name), stack)


def wait_until[T](
    condition: Callable[[], T | None], describe: Callable[[], str], timeout: float = TIMEOUT_SECONDS
) -> T:
    """Return the condition's first true value."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(POLL_SECONDS)
    raise TimeoutError(describe())


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stdin:
        process.stdin.close()
