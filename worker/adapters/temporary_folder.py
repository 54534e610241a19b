"""A folder for the files of one step."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@asynccontextmanager
async def temporary_folder(prefix: str, *, parent: Path | None = None) -> AsyncIterator[Path]:
    """Create a folder, and remove it with its files; other jobs need not wait for the disk."""
    folder = await asyncio.to_thread(TemporaryDirectory, prefix=prefix, dir=parent)
    try:
        yield Path(folder.name)
    finally:
        await asyncio.to_thread(folder.cleanup)
