"""Download a document from the web, and resume where a connection breaks.

It does not start over, because its caller already has the first part. If the download cannot be resumed, it raises a
temporary error, and the step drops the part and retries.
"""

import ssl
from collections.abc import AsyncGenerator, Collection
from typing import Final

from durable import TemporaryError
from worker.providers.retries import RetryLaterError, RetryPolicy

from .document_version import ChangedError, DocumentVersion, parse_version
from .getter import Getter
from .hosts import HTTPS_PORT, parse_url
from .pace import Pace, SlowError, SpeedCheck

_PIECE_BYTES: Final = 65_536
_RETRY_POLICY: Final = RetryPolicy()
_PACE: Final = Pace()
_MAX_BREAKS: Final = 50  # of one download: a server that sends a little each time must not be retried forever


class Web:
    """`allowed` are hosts with ports, as in `127.0.0.1:8080`, that may be private and without TLS.

    Any other host must be public and use TLS on `port`, with a certificate that `tls` trusts.
    """

    def __init__(
        self,
        allowed: Collection[str],
        *,
        tls: ssl.SSLContext | None = None,
        retry_policy: RetryPolicy = _RETRY_POLICY,
        pace: Pace = _PACE,
        port: int = HTTPS_PORT,
    ) -> None:
        self._getter: Final = Getter(allowed, tls, head_seconds=pace.head_seconds, port=port)
        self._retry_policy: Final = retry_policy
        self._pace: Final = pace

    async def read(self, url: str) -> AsyncGenerator[bytes]:
        """Yield the document piece by piece."""
        target = parse_url(url)
        version: DocumentVersion | None = None
        speed = SpeedCheck(self._pace)
        received = breaks = attempt = 0
        while True:
            before = received
            try:
                async with self._getter.get(target, version.range_headers(received) if version else {}) as answer:
                    if version:
                        version.check(answer.status, answer.headers, received)
                    else:
                        version = parse_version(answer.headers)
                    while piece := await speed.read(answer.content.read(_PIECE_BYTES)):
                        received += len(piece)
                        yield piece
                    return
            except TemporaryError as exc:
                breaks += 1
                if breaks >= _MAX_BREAKS or not _can_resume(exc, received, version):
                    raise (exc.defer() if isinstance(exc, SlowError) else exc) from exc.__cause__
                error = exc
            if not received:
                version = None
            attempt = 1 if received > before else attempt + 1
            await self._retry_policy.wait(error, attempt)


def _can_resume(error: TemporaryError, received: int, version: DocumentVersion | None) -> bool:
    """Whether to send another request: for the rest, or because the server named a time."""
    if not received:
        return isinstance(error, RetryLaterError)
    return version is not None and not isinstance(error, ChangedError)
