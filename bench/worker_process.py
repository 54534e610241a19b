"""Starts worker processes, which are killed when their block or this process ends, and waits for them."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.server_process import ROOT
from local.tether import tether_command

POLL_SECONDS: Final = 0.005
TIMEOUT_SECONDS: Final = 60.0  # a lease or a repeated message of the server takes half of it at most
READY_WORD: Final = "ready"  # each worker logs it once for each of its groups


@dataclass(frozen=True)
class WorkerProcess:
    """A worker process and its log."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """The process's id."""
        return self.process.pid

    @property
    def log_text(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-2_000:]


@contextmanager
def start_worker(
    words: Sequence[str], log: Path, *, environ: Mapping[str, str], groups: int = 1
) -> Iterator[WorkerProcess]:
    """Run `python -m` with these words, and give the process once it is ready for so many groups."""
    with log.open("wb") as out:
        command = tether_command([sys.executable, "-m", *words])
        process = subprocess.Popen(command, cwd=ROOT, env=dict(environ), stdout=out, stderr=out)
    worker = WorkerProcess(process, log)
    try:
        wait_until(
            lambda: log.read_text(errors="replace").count(READY_WORD) >= groups,
            lambda: f"the worker is not ready: {worker.log_text}",
        )
        yield worker
    finally:
        process.kill()
        process.wait()


def wait_until[T](look: Callable[[], T | None], complain: Callable[[], str], timeout: float = TIMEOUT_SECONDS) -> T:
    """Poll `look` and return its first true value. Raises TimeoutError with the complaint."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(POLL_SECONDS)
    raise TimeoutError(complain())
