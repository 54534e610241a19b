"""Fills a folder with what a Lambda function ships: our rooms, its locked packages, and byte code that is ready to run.

It needs no Docker and no CDK, so that benches and tests run the very folder that is deployed. Nothing is resolved here:
what is not in the lock, or has no wheel for the function's machine, is an error.
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from uv import find_uv_bin

ROOT: Final = Path(__file__).resolve().parent.parent
PYTHON: Final = (3, 13)  # of the Lambda runtime; byte code of another version is not looked at
TASK_ROOT: Final = "/var/task"  # where Lambda puts the folder: byte code names it, so that tracebacks do
GLIBC: Final = "manylinux_2_28"  # older than the runtime's own (2.34), and a laptop's may be as well
PATIENCE: Final = 300.0  # seconds for all downloads together
MOST_SAID: Final = 1_000  # characters of what a tool said that are passed on
# Left out of what wheels bring: commands, notes of the installer, what only type checkers and C compilers read. What
# says a package's version stays: whoever scans functions for known faults reads it.
SURPLUS: Final = (
    ".lock",
    "bin",
    "*.dist-info/RECORD",
    "*.dist-info/REQUESTED",
    "*.dist-info/INSTALLER",
    "**/*.pyi",
    "**/*.[ch]",
)

type Machine = Literal["aarch64", "x86_64"]


class BundleError(RuntimeError):
    """The folder could not be made; the sentence says what to do."""


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """What a function is made of: rooms of this project, a hashed lock of its packages, and where it runs.

    Rooms and lock are paths from the project's root. Of a room its Python files are taken, and nothing else.
    """

    rooms: tuple[str, ...]
    lock: str
    machine: Machine
    root: Path = ROOT

    def __post_init__(self) -> None:
        for room in self.rooms:
            if not (self.root / room / "__init__.py").is_file():
                raise BundleError(f"there is no room {room} to bundle: name a folder of Python files, from the root")
        if not (self.root / self.lock).is_file():
            raise BundleError(f"there is no lock {self.lock} to bundle from: make it with make lock")

    def digest(self) -> str:
        """Tell bundles apart: it changes with every file that goes in, the lock, the machine, and how it is made."""
        made_of = {"recipe": Path(__file__), "lock": self.root / self.lock}
        made_of |= {str(file.relative_to(self.root)): file for file in self._files()}
        digest = hashlib.sha256(self.machine.encode())
        for name, file in made_of.items():
            content = file.read_bytes()
            digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()

    def fill(self, folder: Path) -> None:
        """Put it all into an existing, empty folder. Twice the same is the same to the byte."""
        if sys.version_info[:2] != PYTHON:
            raise BundleError(f"bundles are made with Python {PYTHON[0]}.{PYTHON[1]}: use .venv/bin/python")
        self._install(folder)
        for pattern in SURPLUS:
            for path in folder.glob(pattern):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for file in self._files():
            target = folder / file.relative_to(self.root)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
        _compile(folder)
        _open_to_all(folder)

    def _files(self) -> Iterator[Path]:
        """Our own files, once each and in order: the rooms', and what makes packages of the folders above them."""
        found = {file for room in self.rooms for file in (self.root / room).rglob("*.py")}
        above = {parent for file in found for parent in file.relative_to(self.root).parents if parent.name}
        yield from sorted(found | {self.root / parent / "__init__.py" for parent in above})

    def _install(self, folder: Path) -> None:
        words = [
            *("pip", "install", "--quiet", "--target", str(folder), "--link-mode", "copy", "--no-compile-bytecode"),
            *("--python", sys.executable, "--python-version", f"{PYTHON[0]}.{PYTHON[1]}"),
            *("--python-platform", f"{self.machine}-{GLIBC}"),
            *("--only-binary", ":all:", "--require-hashes", "--no-deps"),
            *("--requirements", str(self.root / self.lock)),
        ]
        what = f"the packages in {self.lock} could not be installed for {self.machine}"
        _run([_uv(), *words], f"{what}: check the network and the package index that uv is set to use")


def _uv() -> str:
    try:
        return find_uv_bin()
    except FileNotFoundError as error:
        raise BundleError("uv is not there, which installs a function's packages: make setup") from error


def _compile(folder: Path) -> None:
    """Compile for a read-only folder: nothing is cached there later, and no file's time is looked at.

    In a process of its own and one file after the other: what else is in memory changes the bytes.
    """
    words = [
        *("-S", "-m", "compileall", "-q", "-f", "-s", str(folder), "-p", TASK_ROOT),
        *("--invalidation-mode", "unchecked-hash", str(folder)),
    ]
    _run([sys.executable, *words], "the bundle's code does not compile", {"PYTHONHASHSEED": "0"})


def _open_to_all(folder: Path) -> None:
    """Lambda runs as a user of its own, whatever the umask here was."""
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _run(command: list[str], trouble: str, environ: dict[str, str] | None = None) -> None:
    try:
        subprocess.run(
            command, cwd=ROOT, env=environ, check=True, capture_output=True, text=True, timeout=PATIENCE
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        said = " | ".join((error.stderr or error.stdout).split("\n")).strip(" |")
        raise BundleError(f"{trouble} ({said[-MOST_SAID:]})") from error
    except subprocess.TimeoutExpired as error:
        raise BundleError(f"{trouble} (it took more than {PATIENCE:.0f} seconds)") from error
