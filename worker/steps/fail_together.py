"""Fail all parts of a document after the first permanent error, which saves the others their minutes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from durable import PermanentError, parse_error
from worker.adapters.object_store import Store


@asynccontextmanager
async def fail_together(prefix: str, store: Store) -> AsyncIterator[None]:
    """Raise the permanent error that another part stored under the prefix; store one of this part."""
    key = f"{prefix}/failed.json"
    if reference := await store.find(key):
        raise parse_error((await store.read(reference)).decode())
    try:
        yield
    except PermanentError as exc:
        await store.create(key, str(exc).encode())
        raise
