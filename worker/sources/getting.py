"""One GET, through at most three redirects: https from public addresses, and from what the operator allows by name.

It follows redirects by hand, because each leads to an address that must be judged too, and takes no compressed answer,
because a small one may hold a huge document. Proxies and credentials from the environment are not used.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Final

import aiohttp
from yarl import URL

from contract.codes import Code
from durable import JobError, PermanentError, TemporaryError
from worker.providers.retries import MAX_UNANSWERED_TRIES, RetryLaterError, seconds_until

from .addresses import Guard
from .pace import SlowError

_REDIRECTS: Final = 3
HTTPS: Final = 443
# Seconds to connect and between two pieces; what comes between is for `pace.py` to judge.
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=30)
_MOVED: Final = {301, 302, 303, 307, 308}
_FORBIDDEN: Final = {401, 402, 403, 407, 451}
_MISSING: Final = {404, 410}
_LATER: Final = {408, 425, 429}
_FAULTS: Final = range(500, 600)
_DOCUMENT: Final = {HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION, HTTPStatus.NO_CONTENT}


class Getter:
    """`allowed` are hosts with ports, as in `127.0.0.1:8080`, that may be private and need not speak TLS.

    So many seconds it takes at most until an answer's head is there, over all redirects.
    """

    def __init__(self, allowed: Collection[str], tls: ssl.SSLContext | None, *, head: float, port: int = HTTPS) -> None:
        self._allowed: Final = frozenset(allowed)
        self._tls: Final = tls or True
        self._port: Final = port
        self._head: Final = head

    @asynccontextmanager
    async def get(self, url: URL, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        """Give the answer that has the document, or raise why there is none."""
        until = asyncio.get_running_loop().time() + self._head
        for _ in range(_REDIRECTS + 1):
            guard = self._guard(url)
            with _told(guard):
                async with self._session(guard) as session, await _head(session, url, headers, until) as answer:
                    elsewhere = _elsewhere(answer)
                    if elsewhere is None:
                        _judge(answer, is_rest="Range" in headers)
                        yield answer
                        return
                    url = elsewhere
        raise PermanentError(Code.URL_REFUSED, f"the url leads through more than {_REDIRECTS} redirects")

    def _guard(self, url: URL) -> Guard | None:
        """Return the guard that the address needs, or refuse it."""
        if not _has_host(url):
            raise PermanentError(Code.URL_REFUSED, "the url names no host that there could be")
        if url.user is not None or url.password is not None:
            raise PermanentError(Code.URL_REFUSED, "a url must not carry credentials")
        if url.scheme in ("http", "https") and f"{url.host}:{url.port}" in self._allowed:
            return None
        if url.scheme != "https" or url.port != self._port:
            raise PermanentError(Code.URL_REFUSED, f"a document must come by https from port {self._port}")
        return Guard()

    def _session(self, guard: Guard | None) -> aiohttp.ClientSession:
        """Open what one request needs. It serves no other, so no name or cookie is kept for the next."""
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=guard, ssl=self._tls),
            headers={"Accept-Encoding": "identity"},
            auto_decompress=False,
            timeout=_TIMEOUT,
            trust_env=False,
        )


async def _head(
    session: aiohttp.ClientSession, url: URL, headers: Mapping[str, str], until: float
) -> aiohttp.ClientResponse:
    """Return the answer once its head is there; limits between two pieces do not see one that drips."""
    limit = asyncio.timeout_at(until)
    try:
        async with limit:
            return await session.get(url, allow_redirects=False, headers=headers)
    except TimeoutError as exc:
        if not limit.expired():
            raise
        raise SlowError("the server did not begin to answer in time") from exc


def url_of(text: str) -> URL:
    """Return a url as it is parsed, or refuse it."""
    try:
        return URL(text)
    except ValueError as exc:
        raise PermanentError(Code.URL_REFUSED, "this is not a url") from exc


def _has_host(url: URL) -> bool:
    try:
        return bool(url.host) and _is_name(str(url.host))
    except UnicodeError:  # an international name that means nothing
        return False


def _is_name(host: str) -> bool:
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True


@contextmanager
def _told(guard: Guard | None) -> Iterator[None]:
    """Turn what goes wrong on the network into our errors."""
    try:
        yield
    except aiohttp.InvalidURL as exc:
        raise PermanentError(Code.URL_REFUSED, "the url cannot be read") from exc
    except aiohttp.ClientConnectorCertificateError as exc:
        raise PermanentError(Code.URL_REFUSED, "the server's certificate is not to be trusted") from exc
    except (aiohttp.ClientError, TimeoutError) as exc:
        if guard and guard.refused:
            raise PermanentError(Code.URL_REFUSED, "the url leads to an address that is not public") from exc
        message = f"the server did not answer well: {type(exc).__name__}"
        raise TemporaryError(Code.UNAVAILABLE, message, after=0.0, tries=MAX_UNANSWERED_TRIES) from exc


def _elsewhere(answer: aiohttp.ClientResponse) -> URL | None:
    """Return where else to ask, if that is what the answer says."""
    place = answer.headers.get("Location", "").strip()
    return answer.url.join(url_of(place)) if answer.status in _MOVED and place else None


def _judge(answer: aiohttp.ClientResponse, *, is_rest: bool) -> None:
    """Raise what the answer says, unless the document follows."""
    status = answer.status
    if status in (HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE) and is_rest:
        return  # whether it is the right part is for the one who asked for it
    if status not in _DOCUMENT:
        raise _refusal(answer)
    if answer.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise PermanentError(Code.UNSUPPORTED, "the server sends it compressed, although it was asked not to")


def _refusal(answer: aiohttp.ClientResponse) -> JobError:
    """Return why there is no document: for good, or for now, which is also what an answer out of place is."""
    status = answer.status
    message = f"the server answered {status}"
    if status in _FORBIDDEN:
        return PermanentError(Code.FORBIDDEN, message)
    if status in _MISSING:
        return PermanentError(Code.NOT_FOUND, message)
    if status in _MOVED:
        return PermanentError(Code.REFUSED, f"{message}, and does not say where the document is")
    if HTTPStatus.MULTIPLE_CHOICES <= status < _FAULTS.start and status not in _LATER:
        return PermanentError(Code.REFUSED, message)
    return _later(answer)


def _later(answer: aiohttp.ClientResponse) -> JobError:
    message = f"the server answered {answer.status}"
    after = seconds_until(answer.headers.get("Retry-After"), time.time())
    if after:
        return RetryLaterError(Code.UNAVAILABLE, message, after)
    if answer.status in _LATER or answer.status in _FAULTS:
        return TemporaryError(Code.UNAVAILABLE, message, after=0.0)  # it is there, and may be asked for ever
    return TemporaryError(
        Code.UNAVAILABLE, message, after=0.0, tries=MAX_UNANSWERED_TRIES
    )  # it may never mean anything
