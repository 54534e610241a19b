"""Engines with something wrong with them: a copy of ours with one text changed, one without room on its disk."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.server_process import ROOT, EmbeddedProgram, Options

PACKAGES = ("wire", "local")  # what the engine is made of


def broken(root: Path, file: str, before: str, after: str) -> EmbeddedProgram:
    """Copy the engine, change a text that occurs once, and say how the copy is started."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    changed = root / file
    text = changed.read_text()
    assert text.count(before) == 1, f"{file} has {before!r} {text.count(before)} times"
    changed.write_text(text.replace(before, after))
    return EmbeddedProgram(root=root, name="broken")


@dataclass(frozen=True)
class Cramped:
    """Our engine on a disk of a megabyte (a file system in memory), or with files that cannot grow beyond one."""

    by: str
    root: Path = ROOT
    name: str = "cramped"

    def command(self, folder: Path, port: int, options: Options) -> list[str]:
        """Start it in a namespace of its own, where a user may mount; or under a limit."""
        engine = EmbeddedProgram().command(folder, port, options)
        if self.by == "limit":
            return ["sh", "-c", 'ulimit -f 2048 && exec "$@"', "sh", *engine]  # blocks of 512 bytes
        mount = 'mount -t tmpfs -o size=1m none "$0" && exec "$@"'
        return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, str(folder), *engine]


def may_mount() -> bool:
    """Whether this machine lets a user have a namespace to mount in."""
    return shutil.which("unshare") is not None and _mounts()


def _mounts() -> bool:
    words = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0
