"""Download: the document, from where the client says, into the object store."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing

from contract.codes import Code
from contract.job import DocumentJob
from contract.names import job_prefix
from contract.result import MediaType, Original
from durable.errors import PermanentError
from worker.documents.sniff import ENOUGH, media_type_of
from worker.store import Store

type Read = Callable[[str], AsyncGenerator[bytes]]


async def download_document(job: DocumentJob, *, read: Read, store: Store, most: int) -> Original:
    """Stream it, at most so many bytes. What a url gives may change: the checkpoint says which download counts."""
    async with aclosing(read(job.document_url)) as source:  # or its connection would stay open after an error
        pieces = _capped(source, most)
        head = await _head(pieces)
        media_type = _media_type(head)
        key = f"{job_prefix(job.job_id)}/original.{media_type.extension}"
        reference = await store.create_from(key, _joined(head, pieces))
    return Original(reference=reference, media_type=media_type)


def _media_type(head: bytes) -> MediaType:
    if not head:
        raise PermanentError(Code.EMPTY, "the document is empty")
    media_type = media_type_of(head)
    if media_type is None:
        raise PermanentError(Code.UNSUPPORTED, "the document is neither PDF nor Word, PNG, JPEG, TIFF or WebP")
    return media_type


async def _capped(pieces: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    """Count what really comes: a length in a header is a promise, and a stream has none."""
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > most:
            raise PermanentError(Code.TOO_LARGE, f"the document has more than {most} bytes")
        yield piece


async def _head(pieces: AsyncIterator[bytes]) -> bytes:
    head = b""
    async for piece in pieces:
        head += piece
        if len(head) >= ENOUGH:
            break
    return head


async def _joined(head: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for piece in rest:
        yield piece
