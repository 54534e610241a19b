"""A part of the system: one process with its log. The kernel kills it when the process that started it ends."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from .exits import describe_exit
from .server_process import PROCESS_TIMEOUT, ROOT, NotReadyError, Options, ServerProgram
from .tether import tether_command

_POLL_SECONDS: Final = 0.05


class Part:
    """One process with its log."""

    def __init__(self, name: str, words: list[str], folder: Path, environ: Mapping[str, str]) -> None:
        self.name = name
        self.environ: Final = environ  # only an administrator can read it from the worker's process
        self.log = folder / f"{name}.log"
        with self.log.open("ab") as out:
            self._since = out.tell()
            command = tether_command([sys.executable, "-m", *words])
            # Its own session, so that Ctrl-C reaches only the parent, which stops the parts in order.
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environ, stdout=out, stderr=out, start_new_session=True
            )

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended without being stopped."""
        return self.process.poll() is not None

    def describe_exit(self) -> str:
        """Describe how it ended, or that it did not become ready."""
        return describe_exit(self.name, self.process.poll(), self.log, self._since)

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        """Wait until it is ready. Raises NotReadyError."""
        end = time.monotonic() + PROCESS_TIMEOUT
        while not is_ready():
            if self.has_ended or time.monotonic() > end:
                raise NotReadyError(self.describe_exit())
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """Terminate it, and kill it if it does not end in time."""
        self.process.terminate()
        try:
            self.process.wait(PROCESS_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill it, as a crash would."""
        self.process.kill()
        self.process.wait()


class TetheredProgram:
    """A server program whose process the kernel kills when this process ends."""

    def __init__(self, server_program: ServerProgram) -> None:
        self._program = server_program
        self.name = server_program.name
        self.root = server_program.root

    def command(self, folder: Path, port: int, options: Options) -> list[str]:
        """Return the command that starts it."""
        return tether_command(self._program.command(folder, port, options))
