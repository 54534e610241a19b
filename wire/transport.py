"""Carries one body to the server and its answer back, in time. It knows HTTP and nothing of the protocol.

Redirects are not followed (the token would travel along), compressed answers are not read (a small one may unpack into
gigabytes), the environment's proxies are not asked (the server is inside our network). Whatever is not a whole answer
in time is `Unavailable`.
"""

import socket
import ssl
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPException
from queue import Empty, Full, LifoQueue
from typing import Final
from urllib.parse import SplitResult, urlsplit

from urllib3.exceptions import HTTPError, ReadTimeoutError
from urllib3.response import HTTPResponse

from .errors import Unavailable
from .limits import Limits
from .line import Dial, Line

_PORTS: Final = {"http": 80, "https": 443}
_PIECE: Final = 65_536  # bytes read at once; most answers are smaller
_HEADERS: Final = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
# How a kept connection fails that the server closed while nobody looked; TLS has names of its own for it.
_STALE: Final = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


@dataclass(frozen=True)
class Reply:
    """A whole HTTP answer; `media` is its content type without parameters."""

    status: int
    media: str
    body: bytes


class Transport:
    """Sends bodies to one url and keeps its connections open; any number of threads may use it."""

    def __init__(self, url: str, limits: Limits, monotonic: Callable[[], float], dial: Dial) -> None:
        parts = _checked(url)
        self._address = (parts.hostname or "", parts.port or _PORTS[parts.scheme])
        self._path = parts.path.rstrip("/") + "/"  # as the SDK does, so that one url serves both
        self._headers = {**_HEADERS, "Host": parts.netloc}
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._limits = limits
        self._monotonic = monotonic
        self._dial = dial
        self._kept: Final = LifoQueue[Line](limits.max_idle)

    def post(self, body: bytes, end: float, *, fresh: bool) -> Reply:
        """Send the body once, or twice if a kept connection turns out to be dead; on a fresh one it is sent once."""
        try:
            line = None if fresh else self._take()
            if line is not None:
                with suppress(*_STALE):
                    return self._exchange(line, body, end)
            return self._exchange(self._open(end), body, end)
        except (OSError, HTTPException, HTTPError) as error:
            raise Unavailable(_sentence(error)) from error

    def close(self) -> None:
        """Close what is kept; a call after this opens connections again."""
        with suppress(Empty):
            while True:
                self._kept.get_nowait().close()

    def _left(self, end: float, limit: float) -> float:
        left = end - self._monotonic()
        if left <= 0:
            raise TimeoutError
        return min(limit, left)

    def _open(self, end: float) -> Line:
        seconds = self._left(end, self._limits.connect_timeout)
        return Line.open(self._address, seconds, dial=self._dial, tls=self._tls)

    def _take(self) -> Line | None:
        with suppress(Empty):
            while True:
                line = self._kept.get_nowait()
                if line.is_connected:
                    return line
                line.close()
        return None

    def _keep(self, line: Line) -> None:
        try:
            self._kept.put_nowait(line)
        except Full:
            line.close()

    def _exchange(self, line: Line, body: bytes, end: float) -> Reply:
        try:
            line.timeout = self._left(end, self._limits.connect_timeout)
            with suppress(BrokenPipeError, ConnectionResetError):  # a server may refuse before it has read everything
                line.request("POST", self._path, body, self._headers, preload_content=False)
            line.timeout = self._left(end, self._limits.response_timeout)
            with closing(line.getresponse()) as answer:  # it may have taken the socket over
                reply = self._read(answer)
        except BaseException:
            line.close()
            raise
        self._keep(line)
        return reply

    def _read(self, answer: HTTPResponse) -> Reply:
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise Unavailable(f"HTTP {answer.status} with a compressed answer, which nobody asked for")
        body = bytearray()
        for piece in answer.stream(_PIECE):
            body += piece
            if len(body) > self._limits.max_bytes:
                raise Unavailable(f"HTTP {answer.status} with an answer of more than {self._limits.max_bytes} bytes")
        media = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Reply(answer.status, media, bytes(body))


def _checked(url: str) -> SplitResult:
    """Say nothing of what the url was: it may hold a password."""
    with suppress(ValueError):
        parts = urlsplit(url)
        plain = url.isascii() and url.isprintable() and not set(url) & set(" @?#")
        if plain and parts.scheme in _PORTS and parts.hostname and parts.port != 0:
            parts.hostname.encode("idna")  # as the look-up does: what cannot be a name is said here
            return parts
    raise ValueError("the server's url must look like http://host:8001 or https://host/path, with nothing else in it")


def _sentence(error: Exception) -> str:
    """What happened, in words of our own: those of the libraries name addresses."""
    match error:
        case socket.gaierror():
            return "the server's name was not found"
        case ConnectionRefusedError():
            return "the connection was refused"
        case TimeoutError() | ReadTimeoutError():
            return "there was no connection, or no whole answer, in time"
        case ssl.SSLError():
            return f"the TLS connection failed: {error.reason or 'closed'}"
        case OSError() | HTTPError():
            return "the connection broke, or could not be made"
        case _:
            return "the answer was not HTTP"
