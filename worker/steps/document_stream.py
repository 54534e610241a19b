"""The bytes of a document as they are downloaded, with its media type and within its size limit."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from contract.codes import Code
from contract.job import DocumentJob
from contract.reading import MediaType
from durable import PermanentError
from worker.documents.sniff import HEAD_BYTES, explain_unsupported, media_type_of
from worker.sources.download_permits import Download

from .ports import Ports


@asynccontextmanager
async def open_document(job: DocumentJob, ports: Ports) -> AsyncIterator[tuple[MediaType, AsyncIterator[bytes]]]:
    """Yield a supported document's type and its bytes, which end in an error at the size limit."""
    async with (
        ports.downloads.take() as download,
        aclosing(ports.read(job.source)) as source,  # or its connection would stay open after an error
    ):
        pieces = _limit_size(source, ports.max_bytes, download)
        head = await _read_head(pieces)
        yield _find_media_type(head), _prepend(head, pieces)


def _find_media_type(head: bytes) -> MediaType:
    if not head:
        raise PermanentError(Code.EMPTY, "the document is empty")
    media_type = media_type_of(head)
    if media_type is None:
        raise PermanentError(Code.UNSUPPORTED, explain_unsupported(head))
    return media_type


async def _limit_size(pieces: AsyncIterator[bytes], max_bytes: int, download: Download) -> AsyncIterator[bytes]:
    """Count the bytes as they arrive: a Content-Length may be wrong or missing."""
    async for piece in pieces:
        download.received += len(piece)
        if download.received > max_bytes:
            raise PermanentError(Code.TOO_LARGE, f"the document has more than {max_bytes} bytes")
        yield piece


async def _read_head(pieces: AsyncIterator[bytes]) -> bytes:
    head = b""
    async for piece in pieces:
        head += piece
        if len(head) >= HEAD_BYTES:
            break
    return head


async def _prepend(head: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for piece in rest:
        yield piece
