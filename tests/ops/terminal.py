"""Runs the command in a process of its own, as users do: through a pipe, or in a terminal of a given width."""

import os
import pty
import select
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from local.server_process import ROOT
from tests import warm_start
from tests.processes import kill_at_end
from tests.waiting import TIMEOUT_SECONDS

COMMAND = (sys.executable, "-m", "starting", "ops")
# A user's environment; the tests must not depend on this machine's.
PLAIN = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",  # only root could create it
    "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(
        Path.home() / ".cache" / "aws" / "jsii" / "package-cache"
    ),  # as `make synth`
    "LANG": "C.UTF-8",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True)
class Ended:
    """The exit code and the output of a finished command."""

    code: int
    out: str
    err: str = ""


@dataclass(frozen=True)
class Terminal:
    """Runs the command with this environment."""

    environ: Mapping[str, str]

    def with_environ(self, **more: str) -> "Terminal":
        """Return one with more variables."""
        return replace(self, environ={**self.environ, **more})

    def start(self, *words: str, stdin: str | None = None) -> subprocess.Popen[str]:
        """Start the command through pipes."""
        feed = subprocess.PIPE if stdin is not None else subprocess.DEVNULL
        pipe, words = subprocess.PIPE, (*COMMAND, *words)
        return warm_start.start(words, cwd=ROOT, env=self.environ, stdin=feed, stdout=pipe, stderr=pipe, text=True)

    def run(self, *words: str, stdin: str | None = None) -> Ended:
        """Run the command through pipes."""
        with kill_at_end(self.start(*words, stdin=stdin)) as process:
            out, err = process.communicate(stdin)
        return Ended(process.returncode, out, err)

    def show(self, *words: str, columns: int = 80) -> Ended:
        """Run the command in a terminal, and return everything that the user sees, colors included."""
        ours, theirs = pty.openpty()
        environ = {**self.environ, "COLUMNS": str(columns), "LINES": "40", "TERM": "xterm-256color"}
        with kill_at_end(
            warm_start.start((*COMMAND, *words), cwd=ROOT, env=environ, stdin=theirs, stdout=theirs, stderr=theirs)
        ) as process:
            os.close(theirs)
            output = bytearray()
            with suppress(OSError):  # raised by the read after the process has closed the terminal
                while select.select([ours], [], [], TIMEOUT_SECONDS)[0] and (piece := os.read(ours, 65_536)):
                    output += piece
            process.wait(TIMEOUT_SECONDS)
        os.close(ours)
        return Ended(process.returncode, output.decode().replace("\r\n", "\n"))
