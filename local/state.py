"""The folder of one system: taken by one program at a time, and known by a mark.

It touches nothing in a folder that holds something else: what is somebody's is not ours to clear away.
"""

import fcntl
import shutil
import sys
from pathlib import Path
from typing import Final, TextIO

MARK: Final = ".longhand"  # and the lock
# What a folder from before there was the mark has: a log of the server, and nothing but these.
_FORMER: Final = {"address.json", "server", "gateway.log", "inbox", "outbox", "store", "tmp", "worker.log"}


def taken(place: Path, program: str) -> TextIO:
    """Make, mark and lock the folder, before anything in it is touched; it is ours until what is returned is closed."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        if not _is_ours(place):
            sys.exit(f"{program}: {place} holds something else: name an empty folder with --state")
        lock = (place / MARK).open("a")
    except OSError as error:
        sys.exit(f"{program}: {place} cannot be used ({error.strerror}): choose another folder with --state")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        sys.exit(f"{program}: another {program} uses {place}: stop it, or choose another folder with --state")
    return lock


def _is_ours(place: Path) -> bool:
    names = {path.name for path in place.iterdir()}
    is_former = names <= _FORMER and (place / "server" / "server.log").is_file()
    return not names or MARK in names or is_former


def emptied(place: Path) -> None:
    """Remove everything but the mark, which is held."""
    for path in place.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != MARK:
            path.unlink(missing_ok=True)
