"""The folder of one system: marked as ours, and locked by one program at a time.

A folder that holds other files is refused, because the programs delete all files in their folder.
"""

import fcntl
import shutil
import sys
from pathlib import Path
from typing import Final, TextIO

from .server_process import ROOT

MARK: Final = ".longhand"  # marks the folder as ours, and is the lock


def lock_folder(folder: Path, program: str) -> TextIO:
    """Make, mark and lock the folder until the returned file is closed. Ends the program if that is impossible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = {path.name for path in folder.iterdir()}
        if names and MARK not in names:
            sys.exit(f"{program}: {folder} holds other files: name an empty folder with --state")
        lock = (folder / MARK).open("a")
    except OSError as error:
        sys.exit(f"{program}: {folder} cannot be used ({error.strerror}): choose another folder with --state")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        sys.exit(f"{program}: another {program} uses {folder}: stop it, or choose another folder with --state")
    return lock


def empty_folder(folder: Path) -> None:
    """Remove everything but the mark."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != MARK:
            path.unlink(missing_ok=True)


def shorten(folder: Path) -> Path:
    """Return the folder as seen from the project, if it is inside."""
    return folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
