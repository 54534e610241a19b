"""The object store: a folder or a bucket, behind one address. An object is written once.

That makes a step safe to run twice, even at the same time: the first writer stores the object, a later one gets a
reference to it. So no object of a checkpoint is ever overwritten.
"""

import errno
import hashlib
import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from uuid import uuid4

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import ObjectStore, from_url

from contract.codes import Code
from contract.object_keys import INCOMING
from contract.reading import Reference
from durable import PermanentError, TemporaryError, log_event

if TYPE_CHECKING:  # no module of the library has it
    from obstore import GetOptions

_LOG: Final = logging.getLogger(__name__)
_PART_BYTES: Final = 5 * 2**20  # the minimum of S3 for a part of an upload
_MAX_PARTS: Final = 2  # in memory
_MIN_PAUSE_SECONDS: Final = 1.0  # before a retry; a workflow that retries durably waits until the work deadline
_MAX_LOGGED_CHARACTERS: Final = 1_000
# The kernel's messages about a disk: they help an operator, and contain no names.
_DISK_ERRORS: Final = (*(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EACCES, errno.ENOTDIR),)
_DISK_REASONS: Final = tuple(map(os.strerror, _DISK_ERRORS))


class Store:
    """Keys are relative to the address, which is `file:///folder` or `s3://bucket/prefix`."""

    def __init__(self, url: str, objects: ObjectStore) -> None:
        self._url: Final = url.rstrip("/")
        self._objects: Final = objects

    @classmethod
    def open(cls, url: str) -> Self:
        """Open a store. A folder is created; a bucket must exist."""
        return cls(url, open_objects(url))

    def url(self, key: str) -> str:
        """Return the address of an object."""
        return f"{self._url}/{key}"

    async def create(self, key: str, data: bytes) -> Reference:
        """Write an object unless it exists; return a reference to the stored one."""
        try:
            with store_errors(AlreadyExistsError):
                await obstore.put_async(self._objects, key, data, mode="create")
        except AlreadyExistsError:
            return await self._refer(key)
        return Reference(key=key, size=len(data), sha256=hashlib.sha256(data).hexdigest())

    async def create_from(self, key: str, chunks: AsyncIterator[bytes]) -> Reference:
        """Write an object piece by piece unless it exists. If the pieces end in an error, nothing is written."""
        digest = _Digest(chunks)
        with store_errors():
            head = await _read_part(digest)
        if len(head) <= _PART_BYTES:  # all of it: one request in place of several
            return await self.create(key, head)
        # A store cannot decide between two streams: each is written to its own key and then copied by condition.
        draft = f"{INCOMING}/{uuid4().hex}"
        # This loop iterates, because the library would leave the iteration running when it is canceled.
        with store_errors():
            async with obstore.open_writer_async(
                self._objects, draft, buffer_size=_PART_BYTES, max_concurrency=_MAX_PARTS
            ) as writer:
                await writer.write(head)
                async for chunk in digest:
                    await writer.write(chunk)
        try:
            with store_errors(AlreadyExistsError):
                await obstore.copy_async(self._objects, draft, key, overwrite=False)
        except AlreadyExistsError:
            return await self._refer(key)
        finally:
            await self._remove(draft)
        return digest.reference(key)

    async def find(self, key: str) -> Reference | None:
        """Return a reference to an object, if it exists."""
        try:
            return await self._refer(key)
        except FileNotFoundError:
            return None

    async def read(self, reference: Reference) -> bytes:
        """Return the content; raise if it has changed."""
        return b"".join([chunk async for chunk in self.chunks(reference)])

    async def list_keys(self, prefix: str) -> list[str]:
        """Return the keys of the objects in a folder."""
        with store_errors():
            return [item["path"] async for page in obstore.list(self._objects, prefix) for item in page]

    async def get(self, key: str) -> bytes | None:
        """Return the content of an object without a reference, if it exists."""
        try:
            with store_errors(FileNotFoundError):
                return b"".join([chunk async for chunk in read_objects(self._objects, key)])
        except FileNotFoundError:
            return None

    async def save(self, reference: Reference, file: Path) -> None:
        """Write the content to a file."""
        await write_file(file, self.chunks(reference))

    async def chunks(self, reference: Reference) -> AsyncIterator[bytes]:
        """Yield the content piece by piece; raise in the end if it has changed."""
        digest = _Digest(read_objects(self._objects, reference.key))
        try:
            with store_errors(FileNotFoundError):
                async for chunk in digest:
                    yield chunk
        except FileNotFoundError as exc:
            raise PermanentError(Code.STORED_CHANGED, f"{reference.key} does not exist any more") from exc
        if digest.reference(reference.key) != reference:
            raise PermanentError(Code.STORED_CHANGED, f"{reference.key} has changed since it was written")

    async def _refer(self, key: str) -> Reference:
        digest = _Digest(read_objects(self._objects, key))
        with store_errors(FileNotFoundError):
            async for _ in digest:
                pass
        return digest.reference(key)

    async def _remove(self, draft: str) -> None:
        """Remove a draft. If it stays, it only takes space."""
        try:
            await obstore.delete_async(self._objects, draft)
        except (BaseError, OSError) as exc:
            log_event(_LOG, logging.WARNING, "an unused object could not be removed", {"key": draft}, exc)


class _Digest:
    """Passes pieces on, and computes their size and hash."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._size = 0
        self._hash = hashlib.sha256()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        chunk = await anext(self._chunks)
        self._size += len(chunk)
        self._hash.update(chunk)
        return chunk

    def reference(self, key: str) -> Reference:
        """Return a reference to the pieces so far."""
        return Reference(key=key, size=self._size, sha256=self._hash.hexdigest())


async def _read_part(pieces: AsyncIterator[bytes]) -> bytes:
    """Read until there is more than one part, or to the end."""
    read = bytearray()
    async for piece in pieces:
        read += piece
        if len(read) > _PART_BYTES:
            break
    return bytes(read)


@contextmanager
def store_errors(*expected: type[Exception]) -> Iterator[None]:
    """Raise a temporary error after which a workflow waits durably. Expected errors pass.

    Callers and subscribers read the error, and a store's answer names accounts, roles and addresses: the log has it.
    """
    try:
        yield
    except expected:
        raise
    except (BaseError, OSError) as exc:
        text = str(exc)
        reason = next((one for one in _DISK_REASONS if one in text), type(exc).__name__)
        fields = {"event": "store_failed", "text": text[:_MAX_LOGGED_CHARACTERS]}
        log_event(_LOG, logging.WARNING, "the object store or the disk failed", fields)
        message = f"the object store or the disk failed: {reason}"
        raise TemporaryError(Code.STORE_FAILED, message, after=_MIN_PAUSE_SECONDS) from exc


async def write_file(file: Path, pieces: AsyncIterator[bytes]) -> None:
    """Write the pieces to a file; raise a temporary error if the disk fails."""
    # Opened here, as it is written, and not in a thread: nothing would close the file of a step that is canceled then.
    with store_errors(), file.open("wb") as out:
        async for piece in pieces:
            out.write(piece)


def open_objects(url: str) -> ObjectStore:
    """Open a folder or a bucket. Region, endpoint and credentials of AWS are found as its libraries do."""
    if url.startswith("file:"):
        return from_url(url, mkdir=True)
    return from_url(url, copy_if_not_exists="multipart")  # the only way to copy by condition in S3


async def read_objects(objects: ObjectStore, key: str, options: "GetOptions | None" = None) -> AsyncIterator[bytes]:
    """Yield an object, or the part that the options select, piece by piece."""
    async for chunk in (await obstore.get_async(objects, key, options=options)).stream():
        yield bytes(chunk)
