"""Documents from the web: https from public addresses, and from what the operator allows by name.

It follows redirects by hand, because each leads to an address that must be judged too, and takes no compressed answer,
because a small one may hold a huge document. Proxies and credentials from the environment are not used.
"""

from collections.abc import AsyncGenerator, Collection
from http import HTTPStatus
from typing import Final

import aiohttp
from yarl import URL

from contract.codes import Code
from durable.errors import PermanentError, TemporaryError

from .addresses import Guard

_REDIRECTS: Final = 3
_HTTPS: Final = 443
_PIECE: Final = 65_536
# Seconds to connect and between two pieces. There is no limit for the whole: the step has one.
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=30)
_MOVED: Final = {301, 302, 303, 307, 308}
_FORBIDDEN: Final = {401, 402, 403, 407, 451}
_LATER: Final = {408, 425, 429}


class Web:
    """`allowed` are hosts with ports, as in `127.0.0.1:8080`, that may be private and need not speak TLS."""

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed: Final = frozenset(allowed)

    async def read(self, url: str) -> AsyncGenerator[bytes]:
        """Give the document piece by piece."""
        target = _parsed(url)
        for _ in range(_REDIRECTS + 1):
            guard = self._guard(target)
            try:
                async with self._session(guard) as session, session.get(target, allow_redirects=False) as answer:
                    elsewhere = _judged(answer)
                    if elsewhere is None:
                        async for piece in answer.content.iter_chunked(_PIECE):
                            yield piece
                        return
                    target = elsewhere
            except aiohttp.InvalidURL as exc:
                raise PermanentError(Code.URL_REFUSED, "the url cannot be read") from exc
            except (aiohttp.ClientError, TimeoutError) as exc:
                if guard and guard.refused:
                    raise PermanentError(Code.URL_REFUSED, "the url leads to an address that is not public") from exc
                raise TemporaryError(Code.UNAVAILABLE, f"the server did not answer well: {type(exc).__name__}") from exc
        raise PermanentError(Code.URL_REFUSED, f"the url leads through more than {_REDIRECTS} redirects")

    def _guard(self, url: URL) -> Guard | None:
        """Return the guard that the address needs, or refuse it."""
        if not url.host or not _is_name(url.host):
            raise PermanentError(Code.URL_REFUSED, "the url names no host that there could be")
        if url.user is not None or url.password is not None:
            raise PermanentError(Code.URL_REFUSED, "a url must not carry credentials")
        if url.scheme in ("http", "https") and f"{url.host}:{url.port}" in self._allowed:
            return None
        if url.scheme != "https" or url.port != _HTTPS:
            raise PermanentError(Code.URL_REFUSED, "a document must come by https from port 443")
        return Guard()

    def _session(self, guard: Guard | None) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=guard, use_dns_cache=False),
            headers={"Accept-Encoding": "identity"},
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=_TIMEOUT,
            trust_env=False,
        )


def _is_name(host: str) -> bool:
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True


def _parsed(url: str) -> URL:
    try:
        return URL(url)
    except ValueError as exc:
        raise PermanentError(Code.URL_REFUSED, "this is not a url") from exc


def _judged(answer: aiohttp.ClientResponse) -> URL | None:
    """Return where else to ask, or nothing if the document follows, or raise what the answer says."""
    status = answer.status
    if status in _MOVED and "Location" in answer.headers:
        return answer.url.join(_parsed(answer.headers["Location"]))
    if status in _FORBIDDEN:
        raise PermanentError(Code.FORBIDDEN, f"the server answered {status}")
    if status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise TemporaryError(Code.UNAVAILABLE, f"the server answered {status}")
    if status not in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
        raise PermanentError(Code.NOT_FOUND, f"the server answered {status}")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise PermanentError(Code.UNSUPPORTED, "the server sends it compressed, although it was asked not to")
    return None
