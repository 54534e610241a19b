"""Checks whether the object store is writable and has free space."""

import os
import shutil
from contextlib import suppress
from typing import Final

from .check import Outcome, fail, ok, skip, warn
from .context import CheckContext

_MEGABYTE: Final = 2**20
_MIN_BYTES: Final = 100 * _MEGABYTE  # two documents of the largest size
_WARNING_BYTES: Final = 1024 * _MEGABYTE


def check_store(context: CheckContext) -> Outcome:
    """Write a file into the folder, and read the free space of its disk."""
    folder = context.store
    if folder is None:
        return skip("the object store is not on this machine")
    probe = folder / f".doctor-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(bytes(_MEGABYTE))
    except OSError as error:
        return fail(f"{folder} is not writable ({error.strerror})", "free disk space, or change its permissions")
    finally:
        with suppress(OSError):  # a failure to write is reported above
            probe.unlink()
    free = shutil.disk_usage(folder).free
    sentence = f"{free // _MEGABYTE} MB are free on the disk of {folder}"
    if free < _MIN_BYTES:
        return fail(sentence, "free disk space")
    return warn(sentence, "free disk space soon") if free < _WARNING_BYTES else ok(sentence)
