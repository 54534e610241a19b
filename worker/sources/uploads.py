"""Read uploads from the worker's own object store. A job names one by its id, so it holds no address of a store."""

from collections.abc import AsyncGenerator
from typing import Final

from obstore.store import ObjectStore

from contract.job import UPLOAD_SCHEME
from contract.names import upload_key
from worker.adapters.object_store import read_objects

from .bucket import object_store_errors


class Uploads:
    """The uploads in an object store."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects: Final = objects

    async def read(self, address: str) -> AsyncGenerator[bytes]:
        """Yield the document piece by piece."""
        with object_store_errors():
            async for piece in read_objects(self._objects, upload_key(address.removeprefix(UPLOAD_SCHEME))):
                yield piece
