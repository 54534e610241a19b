"""The object store: a folder or a bucket, behind one address. An object is written once; who comes second, reads.

That is what makes a step safe to run twice, also when its first run was only slow and is still there: whoever finishes
first decides, the other one gets a reference to what is there, and nobody ever overwrites what a checkpoint refers to.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self
from uuid import uuid4

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import ObjectStore, from_url

from contract.codes import Code
from contract.names import INCOMING
from contract.reading import Reference
from durable import PermanentError, TemporaryError, log_event

_LOG: Final = logging.getLogger(__name__)
_PART: Final = 5 * 2**20  # the least that S3 takes as a part of an upload
_PARTS: Final = 2  # held in memory at a time


class Store:
    """Keys are relative to the address, which is `file:///folder` or `s3://bucket/prefix`."""

    def __init__(self, url: str, objects: ObjectStore) -> None:
        self._url: Final = url.rstrip("/")
        self._objects: Final = objects

    @classmethod
    def open(cls, url: str) -> Self:
        """Open it. A folder is made; a bucket must be there."""
        return cls(url, open_objects(url))

    def url(self, key: str) -> str:
        """Return the address of an object."""
        return f"{self._url}/{key}"

    async def create(self, key: str, data: bytes) -> Reference:
        """Write an object, unless it is there; return a reference to what is."""
        try:
            with told(AlreadyExistsError):
                await obstore.put_async(self._objects, key, data, mode="create")
        except AlreadyExistsError:
            return await self._refer(key)
        return Reference(key=key, size=len(data), sha256=hashlib.sha256(data).hexdigest())

    async def create_from(self, key: str, chunks: AsyncIterator[bytes]) -> Reference:
        """Write an object piece by piece, unless it is there. If the pieces end in an error, nothing is written."""
        digest = _Digest(chunks)
        # No store can decide between two streams, so each arrives in a place of its own and is then moved by condition.
        place = f"{INCOMING}/{uuid4().hex}"
        # We iterate, and not the library: a cancelled one would leave the iteration running.
        with told():
            async with obstore.open_writer_async(
                self._objects, place, buffer_size=_PART, max_concurrency=_PARTS
            ) as writer:
                async for chunk in digest:
                    await writer.write(chunk)
        try:
            with told(AlreadyExistsError):
                await obstore.copy_async(self._objects, place, key, overwrite=False)
        except AlreadyExistsError:
            return await self._refer(key)
        finally:
            await self._remove(place)
        return digest.reference(key)

    async def find(self, key: str) -> Reference | None:
        """Return a reference to an object, if it is there."""
        try:
            return await self._refer(key)
        except FileNotFoundError:
            return None

    async def read(self, reference: Reference) -> bytes:
        """Return the content, or say that it is not what it was."""
        return b"".join([chunk async for chunk in self.chunks(reference)])

    async def get(self, key: str) -> bytes | None:
        """Return the content of an object that nobody refers to, if it is there."""
        try:
            with told(FileNotFoundError):
                return b"".join([chunk async for chunk in read_objects(self._objects, key)])
        except FileNotFoundError:
            return None

    async def save(self, reference: Reference, file: Path) -> None:
        """Write the content to a file."""
        await write_file(file, self.chunks(reference))

    async def chunks(self, reference: Reference) -> AsyncIterator[bytes]:
        """Give the content piece by piece, and fail in the end if it is not what it was."""
        digest = _Digest(read_objects(self._objects, reference.key))
        try:
            with told(FileNotFoundError):
                async for chunk in digest:
                    yield chunk
        except FileNotFoundError as exc:
            raise PermanentError(Code.STORED_CHANGED, f"{reference.key} is not there any more") from exc
        if digest.reference(reference.key) != reference:
            raise PermanentError(Code.STORED_CHANGED, f"{reference.key} is not what it was when it was written")

    async def _refer(self, key: str) -> Reference:
        digest = _Digest(read_objects(self._objects, key))
        with told(FileNotFoundError):
            async for _ in digest:
                pass
        return digest.reference(key)

    async def _remove(self, place: str) -> None:
        """Remove what nobody refers to. If it stays, that costs its room, and whatever was to be done is done."""
        try:
            await obstore.delete_async(self._objects, place)
        except (BaseError, OSError) as exc:
            log_event(_LOG, logging.WARNING, "an object that nobody needs could not be removed", {"key": place}, exc)


class _Digest:
    """Passes pieces on, and knows their size and hash when they have passed."""

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
        """Return a reference to what passed."""
        return Reference(key=key, size=self._size, sha256=self._hash.hexdigest())


@contextmanager
def told(*answers: type[Exception]) -> Iterator[None]:
    """Say in one line what failed, as a disk that is full: the library says it on a page. Some errors are answers."""
    try:
        yield
    except answers:
        raise
    except (BaseError, OSError) as exc:
        first = str(exc).partition("\n")[0]
        raise TemporaryError(Code.STORE_FAILED, f"the object store or the disk failed: {first}") from exc


async def write_file(file: Path, pieces: AsyncIterator[bytes]) -> None:
    """Write the pieces to a file, or say that the disk failed."""
    with told(), await asyncio.to_thread(file.open, "wb") as out:  # closing it writes, too
        async for piece in pieces:
            out.write(piece)


def open_objects(url: str) -> ObjectStore:
    """Open a folder or a bucket. Region, endpoint and credentials of AWS are where all its libraries look for them."""
    if url.startswith("file:"):
        return from_url(url, mkdir=True)
    return from_url(url, copy_if_not_exists="multipart")  # S3 copies by condition in this way only


async def read_objects(objects: ObjectStore, key: str) -> AsyncIterator[bytes]:
    """Give an object piece by piece."""
    async for chunk in (await obstore.get_async(objects, key)).stream():
        yield bytes(chunk)
