"""Read uploads, and files of the inbox, from the worker's own object store.

A job never contains an address of the store.
"""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

from obstore.exceptions import PreconditionError
from obstore.store import ObjectStore

from contract.codes import Code
from contract.inbox import InboxFile
from contract.job import UPLOAD_SCHEME
from contract.object_keys import upload_key
from durable import PermanentError
from worker.adapters.object_store import read_objects

from .bucket import object_store_errors

if TYPE_CHECKING:  # no module of the library has it
    from obstore import GetOptions


class OwnStore:
    """The documents in an object store: a bucket knows the versions of a file, a folder only the present one."""

    def __init__(self, objects: ObjectStore, *, has_versions: bool) -> None:
        self._objects: Final = objects
        self._has_versions: Final = has_versions

    async def read_upload(self, address: str) -> AsyncGenerator[bytes]:
        """Yield an upload piece by piece."""
        with object_store_errors():
            async for piece in read_objects(self._objects, upload_key(address.removeprefix(UPLOAD_SCHEME))):
                yield piece

    async def read_inbox_file(self, address: str) -> AsyncGenerator[bytes]:
        """Yield one version of a file in the inbox piece by piece."""
        file = InboxFile.parse(address)
        options: GetOptions = {"version": file.version} if self._has_versions else {"if_match": file.version}
        with object_store_errors():
            try:
                async for piece in read_objects(self._objects, file.key, options):
                    yield piece
            except PreconditionError as exc:
                raise PermanentError(Code.NOT_FOUND, "the file has been replaced by another version") from exc
