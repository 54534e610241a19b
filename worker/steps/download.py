"""Download: the document, from where the client says, into the object store."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from contract.codes import Code
from contract.job import DocumentJob
from contract.names import job_prefix
from contract.reading import MediaType, Original
from contract.use import Use
from durable import PermanentError
from worker.adapters.object_store import Store
from worker.costs.metering import METER, Meter
from worker.documents.sniff import HEAD_BYTES, explain_unsupported, media_type_of

from .ports import Read


async def download_document(job: DocumentJob, *, read: Read, store: Store, most: int, meter: Meter = METER) -> Original:
    """Stream it, at most so many bytes. What a url gives may change: the checkpoint says which download counts."""
    seconds = meter.started()
    async with opened(job, read, most) as (media_type, pieces):
        reference = await store.create_from(original_key(job.job_id, media_type), pieces)
    return Original(reference=reference, media_type=media_type, use=Use(seconds=seconds()))


def original_key(job_id: str, media_type: MediaType) -> str:
    """Where a document lies."""
    return f"{job_prefix(job_id)}/original.{media_type.extension}"


@asynccontextmanager
async def opened(job: DocumentJob, read: Read, most: int) -> AsyncIterator[tuple[MediaType, AsyncIterator[bytes]]]:
    """Give what the document is and its pieces, if it is something that we read; they end in an error at the limit."""
    async with aclosing(read(job.document_url)) as source:  # or its connection would stay open after an error
        pieces = _capped(source, most)
        head = await _head(pieces)
        yield _media_type(head), _joined(head, pieces)


def _media_type(head: bytes) -> MediaType:
    if not head:
        raise PermanentError(Code.EMPTY, "the document is empty")
    media_type = media_type_of(head)
    if media_type is None:
        raise PermanentError(Code.UNSUPPORTED, explain_unsupported(head))
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
        if len(head) >= HEAD_BYTES:
            break
    return head


async def _joined(head: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for piece in rest:
        yield piece
