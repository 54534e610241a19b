"""Resonate servers with a defect: a copy of the embedded server with one change, and one with a full disk."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.server_process import ROOT, EmbeddedProgram, Options

PACKAGES = ("durable", "local")  # the embedded server's own


def break_server(root: Path, file: str, before: str, after: str) -> EmbeddedProgram:
    """Return the embedded server in a folder of its own, with a text replaced that occurs once in a file."""
    text = (ROOT / file).read_text()
    assert text.count(before) == 1, f"{file} has {before!r} {text.count(before)} times"
    for package in PACKAGES:
        _link(ROOT / package, root / package, without=ROOT / file)
    (root / file).write_text(text.replace(before, after))
    return EmbeddedProgram(root=root, name="broken")


def _link(source: Path, target: Path, *, without: Path) -> None:
    """Link what is in a folder, the compiled modules too: to compile them again takes longer than the rest of a start.

    The folders of the missing file, and those of their compiled modules, are new, so that nothing is written elsewhere.
    """
    target.mkdir(parents=True)
    for entry in source.iterdir():
        if without.is_relative_to(entry) or (entry.name == "__pycache__" and without.is_relative_to(source)):
            if entry != without:
                _link(entry, target / entry.name, without=without)
        else:
            (target / entry.name).symlink_to(entry)


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
