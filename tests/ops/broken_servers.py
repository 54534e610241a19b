"""Resonate servers with a defect: a copy of the embedded server with one change, and one with a full disk."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.server_process import ROOT, EmbeddedProgram, Options

PACKAGES = ("durable", "local")  # the embedded server's own


def break_server(root: Path, file: str, before: str, after: str) -> EmbeddedProgram:
    """Copy the embedded server to a folder, replace a text that occurs once, and return the copy."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    changed = root / file
    text = changed.read_text()
    assert text.count(before) == 1, f"{file} has {before!r} {text.count(before)} times"
    changed.write_text(text.replace(before, after))
    return EmbeddedProgram(root=root, name="broken")


@dataclass(frozen=True)
class FullDiskProgram:
    """The embedded server on a file system of one megabyte in memory, or with files limited to that size."""

    limited_by: str
    root: Path = ROOT
    name: str = "full-disk"

    def command(self, folder: Path, port: int, options: Options) -> list[str]:
        """Start it in a mount namespace of its own, or under a file size limit."""
        command = EmbeddedProgram().command(folder, port, options)
        if self.limited_by == "file size":
            return ["sh", "-c", 'ulimit -f 2048 && exec "$@"', "sh", *command]  # blocks of 512 bytes
        mount = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"'
        return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, str(folder), *command]


def can_mount() -> bool:
    """Whether this machine allows a user to mount in a namespace."""
    if shutil.which("unshare") is None:
        return False
    words = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0
