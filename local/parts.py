"""A part of the system: one process with its log. The kernel kills it when the process that started it ends."""

import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from .logged_process import LoggedProcess, StartProcess
from .server_process import ROOT, Options, ServerProgram
from .tether import tether_command


class Part(LoggedProcess):
    """One process of ours."""

    def __init__(
        self,
        name: str,
        words: list[str],
        folder: Path,
        environ: Mapping[str, str],
        start_process: StartProcess = subprocess.Popen,
    ) -> None:
        """Run `python -m` with these words."""
        self.environ: Final = environ  # only an administrator can read it from the worker's process
        command, log = tether_command([sys.executable, "-m", *words]), folder / f"{name}.log"
        super().__init__(name, command, log, cwd=ROOT, environ=environ, start_process=start_process)

    def stop(self) -> int:
        """Terminate it, kill it if it does not end in time, and return its exit code."""
        with suppress(subprocess.TimeoutExpired):
            super().stop()
        return self.process.wait()


class TetheredProgram:
    """A server program whose process the kernel kills when this process ends."""

    def __init__(self, server_program: ServerProgram) -> None:
        self._program = server_program
        self.name = server_program.name
        self.root = server_program.root

    def command(self, folder: Path, port: int, options: Options) -> list[str]:
        """Return the command that starts it."""
        return tether_command(self._program.command(folder, port, options))
