"""Sends one body to the server and reads its reply, in time. It knows HTTP and nothing of the protocol.

Redirects are not followed, because the token would go with them. Compressed replies are refused, because a small one
may unpack into gigabytes. The environment's proxies are not used, because the server is inside our network. Anything
but a whole reply in time is `Unavailable`.
"""

import socket
import ssl
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPException, HTTPResponse, IncompleteRead
from queue import Empty, Full, LifoQueue
from typing import Final
from urllib.parse import SplitResult, urlsplit

from .connection import Connection, Dial
from .errors import Unavailable
from .limits import Limits
from .reply import Reply

_PORTS: Final = {"http": 80, "https": 443}
_HEADERS: Final = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
# Errors of an idle connection that the server has closed, without and with TLS.
_CLOSED_ERRORS: Final = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


class Transport:
    """Sends bodies to one URL and keeps its connections open. Threads may share it."""

    def __init__(
        self, url: str, limits: Limits, monotonic: Callable[[], float], dial: Dial, *, token: str | None = None
    ) -> None:
        """Send a token in a header; without one, the bodies have it, as in the protocol."""
        parts = parse_server_url(url)
        self._address = (parts.hostname or "", parts.port or _PORTS[parts.scheme])
        self._path = parts.path.rstrip("/") + "/"  # as the SDK does, so that one URL serves both
        authorization = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._headers = {**_HEADERS, "Host": parts.netloc, **authorization}
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._limits = limits
        self._monotonic = monotonic
        self._dial = dial
        self._idle: Final = LifoQueue[Connection](limits.max_idle)

    def post(self, body: bytes, end: float, *, fresh: bool) -> Reply:
        """Send the body once; on an idle connection that turns out to be closed, once more on a fresh one."""
        try:
            connection = None if fresh else self._take_idle()
            if connection is not None:
                with suppress(*_CLOSED_ERRORS):
                    return self._exchange(connection, body, end)
            return self._exchange(self._connect(end), body, end)
        except (OSError, HTTPException) as error:
            raise Unavailable(_describe(error)) from error

    def close(self) -> None:
        """Close the idle connections; a later call opens new ones."""
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()

    def _time_left(self, end: float, limit: float) -> float:
        left = end - self._monotonic()
        if left <= 0:
            raise TimeoutError
        return min(limit, left)

    def _connect(self, end: float) -> Connection:
        seconds = self._time_left(end, self._limits.connect_timeout)
        return Connection.open(self._address, seconds, dial=self._dial, tls=self._tls)

    def _take_idle(self) -> Connection | None:
        with suppress(Empty):
            while True:
                connection = self._idle.get_nowait()
                if connection.is_usable:
                    return connection
                connection.close()
        return None

    def _keep(self, connection: Connection) -> None:
        try:
            self._idle.put_nowait(connection)
        except Full:
            connection.close()

    def _exchange(self, connection: Connection, body: bytes, end: float) -> Reply:
        try:
            connection.wait_at_most(self._time_left(end, self._limits.connect_timeout))
            with suppress(BrokenPipeError, ConnectionResetError):  # a server may refuse before it has read everything
                connection.request("POST", self._path, body, self._headers)
            connection.wait_at_most(self._time_left(end, self._limits.response_timeout))
            with closing(connection.getresponse()) as response:  # it may have taken over the socket
                reply = self._read(response)
        except BaseException:
            connection.close()
            raise
        self._keep(connection)
        return reply

    def _read(self, response: HTTPResponse) -> Reply:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise Unavailable(f"HTTP {response.status} with a compressed reply, which was not requested")
        if len(set(response.headers.get_all("Content-Length", []))) > 1:
            raise Unavailable(f"HTTP {response.status} with two lengths")
        body = response.read(self._limits.max_bytes + 1)
        if len(body) > self._limits.max_bytes:
            raise Unavailable(f"HTTP {response.status} with a reply of more than {self._limits.max_bytes} bytes")
        if response.length:  # the library accepts fewer bytes than announced as the whole
            raise IncompleteRead(body, response.length)
        media = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Reply(response.status, media, body)


def parse_server_url(url: str) -> SplitResult:
    """Parse the server's URL, or raise ValueError. The error does not repeat the URL, which may hold a password."""
    with suppress(ValueError):
        parts = urlsplit(url)
        is_plain = url.isascii() and url.isprintable() and not set(url) & set(" @?#")
        if is_plain and parts.scheme in _PORTS and parts.hostname and parts.port != 0:
            parts.hostname.encode("idna")  # as the lookup does: an impossible name is refused here
            return parts
    raise ValueError("the server's URL must look like http://host:8001 or https://host/path, with nothing else in it")


def _describe(error: Exception) -> str:
    """Describe an error without the text of its library, which may hold an address."""
    match error:
        case socket.gaierror():
            return "the server's name was not found"
        case ConnectionRefusedError():
            return "the connection was refused"
        case TimeoutError():
            return "timed out: no connection, or no whole reply, in time"
        case ssl.SSLError():
            return f"the TLS connection failed: {error.reason or 'closed'}"
        case OSError() | IncompleteRead():
            return "the connection broke, or could not be made"
        case _:
            return "the reply was not HTTP"
