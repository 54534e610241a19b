"""A part of the system: one process with its log, that ends with whoever started it, however that one ends."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from .last_words import last_words
from .server_process import PROCESS_TIMEOUT, ROOT, NotReadyError, Options, ServerProgram
from .tether import tied

_POLL: Final = 0.05  # seconds between two looks


class Part:
    """One process with its log."""

    def __init__(self, name: str, words: list[str], folder: Path, environ: Mapping[str, str]) -> None:
        self.name = name
        self.environ: Final = environ  # the worker's own shows it to the administrator only
        self.log = folder / f"{name}.log"
        with self.log.open("ab") as out:
            self._since = out.tell()
            command = tied([sys.executable, "-m", *words])
            # A session of its own: Ctrl-C reaches whoever started it, and that one stops its parts in order.
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environ, stdout=out, stderr=out, start_new_session=True
            )

    @property
    def has_ended(self) -> bool:
        """Nobody asked it to, if it has."""
        return self.process.poll() is not None

    def why(self) -> str:
        """Say how it ended, or that it does not get ready."""
        return last_words(self.name, self.process.poll(), self.log, self._since)

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        """Return once it is ready."""
        end = time.monotonic() + PROCESS_TIMEOUT
        while not is_ready():
            if self.has_ended or time.monotonic() > end:
                raise NotReadyError(self.why())
            time.sleep(_POLL)

    def stop(self) -> None:
        """End it in peace; in the end by force."""
        self.process.terminate()
        try:
            self.process.wait(PROCESS_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()


class Tied:
    """A server that ends with whoever started it."""

    def __init__(self, server_program: ServerProgram) -> None:
        self._program = server_program
        self.name = server_program.name
        self.root = server_program.root

    def command(self, folder: Path, port: int, options: Options) -> list[str]:
        """Start it so."""
        return tied(self._program.command(folder, port, options))
