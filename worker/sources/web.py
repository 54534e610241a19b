"""Documents from the web, in one piece, even if the connection is not: what breaks off is gone on with where it broke.

It begins nothing anew by itself: what it has given cannot be taken back. Where the rest cannot be had, that is an error
that is worth another try, and the step, which can throw its half document away, tries.
"""

import ssl
from collections.abc import AsyncGenerator, Collection
from typing import Final

from durable import TemporaryError
from worker.providers.retries import RetryLaterError, RetryPolicy

from .getting import HTTPS, Getter, url_of
from .pace import Course, Pace, SlowError
from .versions import ChangedError, Version, version_of

_PIECE: Final = 65_536
_PATIENCE: Final = RetryPolicy()
_PACE: Final = Pace()
_BREAKS: Final = 50  # of one download: a server that gives a little each time would otherwise never be given up


class Web:
    """`allowed` are hosts with ports, as in `127.0.0.1:8080`, that may be private and need not speak TLS.

    Everybody else must be public and speak TLS, with a certificate that `tls` trusts, at the one port.
    """

    def __init__(
        self,
        allowed: Collection[str],
        *,
        tls: ssl.SSLContext | None = None,
        patience: RetryPolicy = _PATIENCE,
        pace: Pace = _PACE,
        port: int = HTTPS,
    ) -> None:
        self._getter: Final = Getter(allowed, tls, head=pace.head, port=port)
        self._patience: Final = patience
        self._pace: Final = pace

    async def read(self, url: str) -> AsyncGenerator[bytes]:
        """Give the document piece by piece."""
        target = url_of(url)
        version: Version | None = None
        course = Course(self._pace)
        got = breaks = attempt = 0
        while True:
            before = got
            try:
                async with self._getter.get(target, version.rest(got) if version else {}) as answer:
                    if version:
                        version.check(answer.status, answer.headers, got)
                    else:
                        version = version_of(answer.headers)
                    while piece := await course.next(answer.content.read(_PIECE)):
                        got += len(piece)
                        yield piece
                    return
            except TemporaryError as exc:
                breaks += 1
                if breaks >= _BREAKS or not _helps(exc, got, version):
                    raise (exc.put_off() if isinstance(exc, SlowError) else exc) from exc.__cause__
                error = exc
            if not got:
                version = None
            attempt = 1 if got > before else attempt + 1
            await self._patience.wait(error, attempt)


def _helps(error: TemporaryError, got: int, version: Version | None) -> bool:
    """Whether to ask once more from here: for the rest, or because the server named a time."""
    if not got:
        return isinstance(error, RetryLaterError)
    return version is not None and not isinstance(error, ChangedError)
