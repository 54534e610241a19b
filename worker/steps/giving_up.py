"""One part of a document that cannot be read is enough: the others are told, so that none takes minutes for nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from durable import PermanentError, parse_error
from worker.adapters.object_store import Store


@asynccontextmanager
async def unless_given_up(prefix: str, store: Store) -> AsyncIterator[None]:
    """Fail as another part under the prefix did, or leave word there why this one cannot be read."""
    place = f"{prefix}/given-up.json"
    if reference := await store.find(place):
        raise parse_error((await store.read(reference)).decode())
    try:
        yield
    except PermanentError as exc:
        await store.create(place, str(exc).encode())
        raise
