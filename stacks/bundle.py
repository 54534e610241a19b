"""Fill a folder with the code of a Lambda function: our rooms, its locked packages, and their byte code.

It needs neither Docker nor the CDK, so benches and tests run the very folder that is deployed. It resolves nothing: a
package that is not in the lock, or has no wheel for the function's machine, is an error.
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
PYTHON: Final = (3, 13)  # the version of the Lambda runtime, which ignores byte code of another one
TASK_ROOT: Final = "/var/task"  # where Lambda mounts the folder: byte code names it, for tracebacks
GLIBC: Final = "manylinux_2_28"  # older than the runtime's 2.34, and than most laptops'
TIMEOUT_SECONDS: Final = 300.0  # for all downloads together
MAX_OUTPUT_CHARS: Final = 1_000  # the characters of a tool's output that our error quotes
# Left out of wheels: commands, notes of the installer, and files for type checkers and C compilers. A package's
# METADATA stays, because vulnerability scanners read the version there.
UNUSED_FILES: Final = (
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
    """The bundle could not be made; the message names the remedy."""


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The parts of a function: rooms of this project, a hashed lock of its packages, and the machine that it runs on.

    Rooms, lock and files are paths from the project's root. A bundle has only the Python files of a room.
    """

    rooms: tuple[str, ...]
    lock: str
    machine: Machine
    files: tuple[str, ...] = ()
    root: Path = ROOT

    def __post_init__(self) -> None:
        for room in self.rooms:
            if not (self.root / room / "__init__.py").is_file():
                raise BundleError(
                    f"{room} cannot be bundled: it is not a package of Python files below the project's root"
                )
        if not (self.root / self.lock).is_file():
            raise BundleError(f"{self.lock} does not exist: create it with make lock")
        for file in self.files:
            if not (self.root / file).is_file():
                raise BundleError(f"{file} does not exist: run make setup, which installs it")

    def digest(self) -> str:
        """Hash every file that goes in, the lock, the machine, and this recipe."""
        inputs = {"recipe": Path(__file__), "lock": self.root / self.lock}
        inputs |= {str(file.relative_to(self.root)): file for file in self._list_files()}
        digest = hashlib.sha256(self.machine.encode())
        for name, file in inputs.items():
            content = file.read_bytes()
            digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()

    def fill(self, folder: Path) -> None:
        """Write the bundle into an existing, empty folder. The same bundle is always the same to the byte."""
        if sys.version_info[:2] != PYTHON:
            raise BundleError(f"bundles need Python {PYTHON[0]}.{PYTHON[1]}: use .venv/bin/python")
        self._install(folder)
        for pattern in UNUSED_FILES:
            for path in folder.glob(pattern):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for file in self._list_files():
            target = folder / file.relative_to(self.root)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
        _compile(folder)
        _make_readable(folder)

    def _list_files(self) -> Iterator[Path]:
        """Yield our own files in order: those of the rooms, each `__init__.py` above them, and others by name."""
        found = {file for room in self.rooms for file in (self.root / room).rglob("*.py")}
        above = {parent for file in found for parent in file.relative_to(self.root).parents if parent.name}
        named = {self.root / file for file in self.files}
        yield from sorted(found | named | {self.root / parent / "__init__.py" for parent in above})

    def _install(self, folder: Path) -> None:
        command = [
            _find_uv(),
            *("pip", "install", "--quiet", "--target", str(folder), "--link-mode", "copy", "--no-compile-bytecode"),
            *("--python", sys.executable, "--python-version", f"{PYTHON[0]}.{PYTHON[1]}"),
            *("--python-platform", f"{self.machine}-{GLIBC}"),
            *("--only-binary", ":all:", "--require-hashes", "--no-deps"),
            *("--requirements", str(self.root / self.lock)),
        ]
        problem = f"the packages in {self.lock} could not be installed for {self.machine}"
        _run(command, f"{problem}: check the network and the package index that uv is set to use")


def _find_uv() -> str:
    try:
        return find_uv_bin()
    except FileNotFoundError as error:
        raise BundleError("uv is not installed, which installs a function's packages: run make setup") from error


def _compile(folder: Path) -> None:
    """Compile for a read-only folder: Python will not write there or compare the times of files.

    It runs in its own process, one file after the other, because other objects in memory change the bytes.
    """
    command = [
        sys.executable,
        *("-S", "-m", "compileall", "-q", "-f", "-s", str(folder), "-p", TASK_ROOT),
        *("--invalidation-mode", "unchecked-hash", str(folder)),
    ]
    _run(command, "the bundle's code does not compile", {"PYTHONHASHSEED": "0"})


def _make_readable(folder: Path) -> None:
    """Let Lambda's own user read all files, whatever the umask here was."""
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _run(command: list[str], problem: str, environ: dict[str, str] | None = None) -> None:
    try:
        subprocess.run(
            command, cwd=ROOT, env=environ, check=True, capture_output=True, text=True, timeout=TIMEOUT_SECONDS
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        output = " | ".join((error.stderr or error.stdout).split("\n")).strip(" |")
        raise BundleError(f"{problem} ({output[-MAX_OUTPUT_CHARS:]})") from error
    except subprocess.TimeoutExpired as error:
        raise BundleError(f"{problem} (it took more than {TIMEOUT_SECONDS:.0f} seconds)") from error
