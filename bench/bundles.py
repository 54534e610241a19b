"""The bundles that the trigger's bench compares: the one that ships, and one of the same routes on the full SDK."""

import platform
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Final, cast
from zipfile import ZIP_DEFLATED, ZipFile

from uv import find_uv_bin

from local.server_process import ROOT
from stacks.bundle import Bundle, Machine

ROOMS: Final = ("contract", "wire", "lambdas/trigger")
LOCK: Final = "lambdas/trigger/requirements.txt"
COMPILE: Final = ("pip", "compile", "--quiet", "--generate-hashes", "--universal", "--python-version", "3.13")


def shipped(folder: Path) -> Path:
    """Make the trigger's, for this machine."""
    return _filled(Bundle(rooms=ROOMS, lock=LOCK, machine=cast("Machine", platform.machine())), folder)


def on_the_sdk(folder: Path) -> Path:
    """Make the other one: the trigger's packages and the SDK, in the versions that the project's lock has of them."""
    lock = folder.with_suffix(".txt")
    words = [*COMPILE, "--no-header", "--constraint", "requirements.txt", "--output-file", str(lock), "-"]
    wanted = f"-r {LOCK}\nresonate-sdk\n"
    subprocess.run([find_uv_bin(), *words], cwd=ROOT, input=wanted, text=True, check=True, stdout=subprocess.DEVNULL)
    rooms = (*ROOMS, "bench")
    return _filled(Bundle(rooms=rooms, lock=str(lock), machine=cast("Machine", platform.machine())), folder)


def _filled(bundle: Bundle, folder: Path) -> Path:
    folder.mkdir()
    bundle.fill(folder)
    return folder


def zipped(folder: Path) -> int:
    """The bytes of it as it is uploaded."""
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder))
    return content.tell()
