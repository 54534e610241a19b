"""Is there room, and a place to write to, where documents and journals lie?"""

import os
import shutil
from contextlib import suppress
from typing import Final

from .check import Outcome, fail, ok, skip, warn
from .context import CheckContext

_MEGABYTE: Final = 2**20
_LEAST: Final = 100 * _MEGABYTE  # two documents of the largest size
_LITTLE: Final = 1024 * _MEGABYTE


def store(scene: CheckContext) -> Outcome:
    """Write into the folder, and see how much more could be."""
    folder = scene.store
    if folder is None:
        return skip("the object store is not on this machine")
    probe = folder / f".doctor-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(bytes(_MEGABYTE))
    except OSError as error:
        return fail(f"{folder} cannot be written to ({error.strerror})", "make room on its disk, or allow it")
    finally:
        with suppress(OSError):  # what could not be written to has been said
            probe.unlink()
    free = shutil.disk_usage(folder).free
    left = f"{free // _MEGABYTE} MB are left on the disk of {folder}"
    if free < _LEAST:
        return fail(left, "make room on this disk")
    return warn(left, "make room on this disk soon") if free < _LITTLE else ok(left)
