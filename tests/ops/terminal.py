"""The command in a process of its own, as people run it: through a pipe, or in a terminal of some width."""

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
from tests.killed import ended

PATIENCE = 280.0
# What a person's environment has; the tests must not depend on what this machine's has.
PLAIN = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",  # only root could make it, for what synthesizing keeps at home
    "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(ROOT / ".state" / "jsii"),
    "LANG": "C.UTF-8",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True)
class Ended:
    """What it came to."""

    code: int
    out: str
    err: str = ""


@dataclass(frozen=True)
class Terminal:
    """Runs the command with this environment."""

    environ: Mapping[str, str]
    folder: Path = ROOT

    def having(self, **more: str) -> "Terminal":
        """Return one with more in its environment."""
        return replace(self, environ={**self.environ, **more})

    def within(self, folder: Path) -> "Terminal":
        """Return one in another folder, from where the program finds its modules all the same."""
        return replace(self.having(PYTHONPATH=str(ROOT)), folder=folder)

    def start(self, *words: str, stdin: str | None = None) -> subprocess.Popen[str]:
        """Start it through pipes."""
        feed = subprocess.PIPE if stdin is not None else subprocess.DEVNULL
        pipe = subprocess.PIPE
        command = [sys.executable, "-m", "starting", "ops", *words]
        where = self.folder
        return subprocess.Popen(command, cwd=where, env=self.environ, stdin=feed, stdout=pipe, stderr=pipe, text=True)

    def run(self, *words: str, stdin: str | None = None) -> Ended:
        """Run it through pipes."""
        with ended(self.start(*words, stdin=stdin)) as process:
            out, err = process.communicate(stdin, PATIENCE)
        return Ended(process.returncode, out, err)

    def show(self, *words: str, columns: int = 80) -> Ended:
        """Run it in a terminal, and return all that a person saw, colours included."""
        ours, its = pty.openpty()
        environ = {**self.environ, "COLUMNS": str(columns), "LINES": "40", "TERM": "xterm-256color"}
        command = [sys.executable, "-m", "starting", "ops", *words]
        with ended(subprocess.Popen(command, cwd=ROOT, env=environ, stdin=its, stdout=its, stderr=its)) as process:
            os.close(its)
            outcome = bytearray()
            with suppress(OSError):  # how a terminal says that the other side has closed it
                while select.select([ours], [], [], PATIENCE)[0] and (piece := os.read(ours, 65_536)):
                    outcome += piece
            process.wait(PATIENCE)
        os.close(ours)
        return Ended(process.returncode, outcome.decode().replace("\r\n", "\n"))
