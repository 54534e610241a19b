"""Temporary folders for the files of steps. They are removed even if their worker is killed.

A process holds the lock of its folder as long as it lives. A starting worker removes all unlocked folders.
"""

import asyncio
import fcntl
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import Final

# Only workers' folders: on a laptop other programs of this project have folders beside them, without locks.
_PREFIX: Final = "longhand-worker-"
_DRAFT_PREFIX: Final = f".{_PREFIX}"  # a folder that is not locked yet has this prefix


@asynccontextmanager
async def temporary_folder(prefix: str, *, parent: Path | None = None) -> AsyncIterator[Path]:
    """Create a folder, and remove it with its files; other jobs need not wait for the disk."""
    creation = asyncio.create_task(asyncio.to_thread(_create, prefix, parent or Path(gettempdir())))
    try:
        folder, _ = await asyncio.shield(creation)
        yield folder
    finally:  # also if the step is canceled meanwhile, which does not stop the thread
        folder, lock = await creation
        await asyncio.to_thread(_remove, folder, lock)


def remove_abandoned_folders() -> None:
    """Remove the folders of workers that were killed."""
    for folder in Path(gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # it belongs to another user, or to a living worker
            lock = _lock(folder)
            _remove(folder, lock)


def _create(prefix: str, parent: Path) -> tuple[Path, int]:
    draft = Path(mkdtemp(prefix=f"{_DRAFT_PREFIX}{prefix}", dir=parent))
    lock = _lock(draft)
    return draft.rename(draft.with_name(draft.name.removeprefix("."))), lock


def _lock(folder: Path) -> int:
    """Return a descriptor that holds the lock of a folder; raise BlockingIOError if another process holds it."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock


def _remove(folder: Path, lock: int) -> None:
    try:
        shutil.rmtree(folder)
    finally:
        os.close(lock)
