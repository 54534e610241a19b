"""Send one GET, through at most three redirects, by https to public addresses or to hosts that the operator allows.

It follows redirects itself, because each leads to an address that must be checked, too. It accepts no compressed
response, because a small one may hold a huge document. It ignores proxies and credentials in the environment.
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
from worker.providers.retries import MAX_UNANSWERED_ATTEMPTS, RetryLaterError, seconds_until

from .addresses import Guard
from .hosts import HTTPS_PORT, NO_PUBLIC_ADDRESS_TEXT, Hosts, parse_url
from .pace import SlowError

_MAX_REDIRECTS: Final = 3
# Seconds to connect and between two pieces; pace.py limits what lies between.
_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=30)
_REDIRECT_STATUSES: Final = {301, 302, 303, 307, 308}
_FORBIDDEN_STATUSES: Final = {401, 402, 403, 407, 451}
_MISSING_STATUSES: Final = {404, 410}
_RETRY_STATUSES: Final = {408, 425, 429}
_SERVER_ERRORS: Final = range(500, 600)
_DOCUMENT_STATUSES: Final = {HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION, HTTPStatus.NO_CONTENT}


class Getter:
    """`allowed` are hosts with ports, as in `127.0.0.1:8080`, that may be private and without TLS.

    `head_seconds` limits the time until a response's headers, over all redirects.
    """

    def __init__(
        self, allowed: Collection[str], tls: ssl.SSLContext | None, *, head_seconds: float, port: int = HTTPS_PORT
    ) -> None:
        self._hosts: Final = Hosts(allowed, port)
        self._tls: Final = tls or True
        self._head_seconds: Final = head_seconds

    @asynccontextmanager
    async def get(self, url: URL, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield the response that has the document, or raise the reason why there is none."""
        until = asyncio.get_running_loop().time() + self._head_seconds
        for _ in range(_MAX_REDIRECTS + 1):
            guard = self._hosts.guard_for(url)
            with _aiohttp_errors(guard):
                async with self._open_session(guard) as session, await _open(session, url, headers, until) as answer:
                    target = _redirect_target(answer)
                    if target is None:
                        _check_status(answer, is_rest="Range" in headers)
                        yield answer
                        return
                    url = target
        raise PermanentError(Code.URL_REFUSED, f"the URL leads through more than {_MAX_REDIRECTS} redirects")

    def _open_session(self, guard: Guard | None) -> aiohttp.ClientSession:
        """Open a session for one request, so that no address or cookie is kept for the next."""
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=guard, ssl=self._tls),
            headers={"Accept-Encoding": "identity"},
            auto_decompress=False,
            timeout=_TIMEOUT,
            trust_env=False,
        )


async def _open(
    session: aiohttp.ClientSession, url: URL, headers: Mapping[str, str], until: float
) -> aiohttp.ClientResponse:
    """Return the response after its headers. One limit for all: limits between pieces miss a slow drip."""
    limit = asyncio.timeout_at(until)
    try:
        async with limit:
            return await session.get(url, allow_redirects=False, headers=headers)
    except TimeoutError as exc:
        if not limit.expired():
            raise
        raise SlowError("the server sent no response headers in time") from exc


@contextmanager
def _aiohttp_errors(guard: Guard | None) -> Iterator[None]:
    """Raise errors with our codes for those of aiohttp."""
    try:
        yield
    except aiohttp.InvalidURL as exc:
        raise PermanentError(Code.URL_REFUSED, "the URL is invalid") from exc
    except aiohttp.ClientConnectorCertificateError as exc:
        raise PermanentError(Code.URL_REFUSED, "the server's certificate is not trusted") from exc
    except (aiohttp.ClientError, TimeoutError) as exc:
        if guard and guard.refused and guard.is_for_address:
            raise PermanentError(Code.URL_REFUSED, "the URL leads to an address that is not public") from exc
        if (guard and guard.refused) or isinstance(exc, aiohttp.ClientConnectorDNSError):
            message = NO_PUBLIC_ADDRESS_TEXT
        else:
            message = f"the server could not be read: {type(exc).__name__}"
        raise TemporaryError(Code.UNAVAILABLE, message, after=0.0, durable_attempts=MAX_UNANSWERED_ATTEMPTS) from exc


def _redirect_target(answer: aiohttp.ClientResponse) -> URL | None:
    """Return the target of a redirect."""
    location = answer.headers.get("Location", "").strip()
    return answer.url.join(parse_url(location)) if answer.status in _REDIRECT_STATUSES and location else None


def _check_status(answer: aiohttp.ClientResponse, *, is_rest: bool) -> None:
    """Raise the error that the status means, unless the document follows."""
    status = answer.status
    if status in (HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE) and is_rest:
        return  # the caller checks whether it is the right part
    if status not in _DOCUMENT_STATUSES:
        raise _error_of(answer)
    if answer.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise PermanentError(
            Code.UNSUPPORTED, "the server sends the document compressed, against the request: serve it uncompressed"
        )


def _error_of(answer: aiohttp.ClientResponse) -> JobError:
    """Return a permanent or a temporary error; an unexpected status is temporary."""
    status = answer.status
    message = f"the server answered {status}"
    if status in _FORBIDDEN_STATUSES:
        return PermanentError(Code.FORBIDDEN, message)
    if status in _MISSING_STATUSES:
        return PermanentError(Code.NOT_FOUND, message)
    if status in _REDIRECT_STATUSES:
        return PermanentError(Code.REFUSED, f"{message} without a Location header")
    if HTTPStatus.MULTIPLE_CHOICES <= status < _SERVER_ERRORS.start and status not in _RETRY_STATUSES:
        return PermanentError(Code.REFUSED, message)
    return _temporary_error(answer)


def _temporary_error(answer: aiohttp.ClientResponse) -> JobError:
    message = f"the server answered {answer.status}"
    after = seconds_until(answer.headers.get("Retry-After"), time.time())
    if after:
        return RetryLaterError(Code.UNAVAILABLE, message, after)
    if answer.status in _RETRY_STATUSES or answer.status in _SERVER_ERRORS:
        return TemporaryError(
            Code.UNAVAILABLE, message, after=0.0
        )  # the server is up: the number of attempts is not limited
    return TemporaryError(
        Code.UNAVAILABLE, message, after=0.0, durable_attempts=MAX_UNANSWERED_ATTEMPTS
    )  # it may never change
