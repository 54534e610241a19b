"""Bundles to compare: those that ship, the trigger's routes on the full SDK, and a function on the vendor's package."""

import platform
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Final, cast
from zipfile import ZIP_DEFLATED, ZipFile

from uv import find_uv_bin

from local.server_process import ROOT
from stacks.bundle import Bundle, Machine

ROOMS: Final = ("contract", "durable/history", "durable/wire", "lambdas/trigger")
LOCK: Final = "lambdas/trigger/requirements.txt"
FUNCTION_ROOMS: Final = ("contract", "durable", "lambdas/functions")
FUNCTION_LOCK: Final = "lambdas/functions/requirements.txt"
VENDOR_PACKAGE: Final = "resonate-sdk-aws==0.8.0"
COMPILE: Final = ("pip", "compile", "--quiet", "--generate-hashes", "--universal", "--python-version", "3.13")


def build_shipped(folder: Path) -> Path:
    """Build the trigger's bundle for this machine."""
    return _fill(Bundle(rooms=ROOMS, lock=LOCK, machine=cast("Machine", platform.machine())), folder)


def build_with_sdk(folder: Path) -> Path:
    """Build a bundle of the trigger's packages, pydantic and the SDK, in the versions of the project's lock."""
    lock = _lock(f"-r {LOCK}\npydantic\nresonate-sdk\n", folder, "--constraint", "requirements.txt")
    rooms = (*ROOMS, "bench")
    return _fill(Bundle(rooms=rooms, lock=str(lock), machine=cast("Machine", platform.machine())), folder)


def build_function(folder: Path) -> Path:
    """Build the function worker's bundle for this machine."""
    return _fill(Bundle(rooms=FUNCTION_ROOMS, lock=FUNCTION_LOCK, machine=cast("Machine", platform.machine())), folder)


def build_vendor_function(folder: Path) -> Path:
    """Build a bundle of the vendor's package for Lambda and a function on it."""
    lock = _lock(VENDOR_PACKAGE, folder)
    return _fill(Bundle(rooms=("bench",), lock=str(lock), machine=cast("Machine", platform.machine())), folder)


def _lock(requirements: str, folder: Path, *options: str) -> Path:
    """Write the lock of some requirements beside a folder."""
    lock = folder.with_suffix(".txt")
    arguments = [*COMPILE, "--no-header", *options, "--output-file", str(lock), "-"]
    subprocess.run(
        [find_uv_bin(), *arguments], cwd=ROOT, input=requirements, text=True, check=True, stdout=subprocess.DEVNULL
    )
    return lock


def _fill(bundle: Bundle, folder: Path) -> Path:
    folder.mkdir()
    bundle.fill(folder)
    return folder


def measure_zip_size(folder: Path) -> int:
    """Return the size of the zipped bundle in bytes."""
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder))
    return content.tell()
