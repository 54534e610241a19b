"""HTTP/1.1 on one connection: reads requests, has them answered in their order, and writes the answers.

The parser is httptools'; it does not see a request whose head is known. Each request waits for its turn together with
those of other connections. The server stops reading from a client that does not read its answers, so it never has to
store them.
"""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import httptools

from .cross_site import CHECKED_HEADERS, find_refusal
from .embedded import EmbeddedServer, Reply
from .http_api import (
    BAD_REQUEST_RESPONSE,
    FULL_RESPONSE,
    JSON,
    TOO_LARGE_RESPONSE,
    Response,
    StreamRequest,
    make_refusal,
    route,
)
from .http_framing import CONTINUE, frame_chunk, frame_event, frame_response, frame_stream_head
from .known_heads import KnownHeads
from .streams import Stream, Streams
from .turns import Turns, Waiting

MAX_BODY_BYTES = 2 * 2**20  # the real server's limit
# Of a whole request: the parser has no limit for headers and trailers; a body in chunks of a byte is six times as long.
MAX_REQUEST_BYTES = 16 * 2**20
READ_BYTES = 256 * 2**10  # at once
MAX_HEADERS = 256  # headers of a request; no client sends as many, and each costs much more than its bytes
MAX_CHECKED_BYTES = 1_000  # the longest header that names a host or a type; verdicts about them are kept
CHECKED_NAMES = {name.encode(): name for name in CHECKED_HEADERS}


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpServer:
    """What all connections share."""

    server: EmbeddedServer
    streams: Streams
    turns: Turns
    own_names: frozenset[str] = frozenset()  # beside those of every machine
    connections: set["Connection"] = field(default_factory=set)
    heads: KnownHeads = field(default_factory=KnownHeads)
    # asyncio's own buffer is a new one for each read, and so large that the system may have to map it each time.
    buffer: memoryview = field(default_factory=lambda: memoryview(bytearray(READ_BYTES)))


class Connection(asyncio.BufferedProtocol):
    """One client's connection. The methods that begin with `on_` are called by the parser."""

    transport: asyncio.Transport

    def __init__(self, shared: HttpServer) -> None:
        self.shared = shared
        self.parser = httptools.HttpRequestParser(self)
        self.stream: Stream | None = None
        self.is_blocked = False  # the client does not read
        # Nothing is read after a stream's request, after invalid bytes, or after the last request of a connection.
        self.ignores_input = False
        self._begin()

    def _begin(self) -> None:
        self.is_between_requests = True
        self.whole = b""  # the data that is being parsed, if a request begins with it
        self.target = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.checked_headers = dict.fromkeys(CHECKED_HEADERS, "")
        self.request_bytes = 0
        self.expects_continue = False
        self.parts: list[bytes] = []
        self.body_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast("asyncio.Transport", transport)
        # A client whose machine has vanished is noticed, and its stream gets no more messages.
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.shared.connections.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        """Pass the messages of a stream on."""
        self.shared.connections.discard(self)
        if self.stream:
            self.shared.streams.remove(self.stream)
            self.stream = None

    def pause_writing(self) -> None:
        """Do not read from a client that does not read."""
        self.is_blocked = True
        if self.stream:
            self.stream.is_blocked = True
        else:
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        self.is_blocked = False
        self.transport.resume_reading()
        if self.stream:
            self.stream.is_blocked = False
            self.stream.write_waiting()

    def get_buffer(self, _: int) -> memoryview:
        """Return where the next data goes. It is copied at once, so that all connections can share the place."""
        return self.shared.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Read the new data."""
        if not self.ignores_input:
            self._read(self.shared.buffer[:nbytes].tobytes())

    def _read(self, data: bytes) -> None:
        """Parse; each complete request then waits for its turn."""
        if self.is_between_requests and (body := self.shared.heads.find_body(data)) is not None:
            self._wait(body, self._write_reply)
            return
        self.whole = data if self.is_between_requests else b""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as error:
            self._ignore_upgrade(data[error.args[0] :])
        except httptools.HttpParserError:
            self._refuse(BAD_REQUEST_RESPONSE)
        else:
            self.request_bytes += len(data)
            if self.request_bytes > MAX_REQUEST_BYTES:
                self._refuse(TOO_LARGE_RESPONSE)

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Parse a request again without its offer of another protocol, for which the parser has stopped."""
        if self.parser.get_method() == b"CONNECT":
            self._refuse(BAD_REQUEST_RESPONSE)
            return
        first_line = b"%b %b HTTP/1.1\r\n" % (self.parser.get_method(), self.target)
        lines = [b"%b: %b\r\n" % header for header in self.headers if header[0].lower() != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self._begin()
        self._read(b"".join((first_line, *lines, b"\r\n", rest)))

    def on_message_begin(self) -> None:
        """Let the parser see the rest of the request."""
        self.is_between_requests = False

    def on_url(self, part: bytes) -> None:
        """Collect the target."""
        self.target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect the headers; few matter here."""
        if len(self.headers) == MAX_HEADERS:
            raise ValueError(f"more than {MAX_HEADERS} headers")  # the parser makes it an error of its own
        self.headers.append((name, value))
        lowered = name.lower()
        if lowered in CHECKED_NAMES:
            if len(value) > MAX_CHECKED_BYTES:
                raise ValueError(f"more than {MAX_CHECKED_BYTES} bytes in {name!r}")
            self.checked_headers[CHECKED_NAMES[lowered]] = value.decode("latin-1")
        elif lowered == b"expect" and value.lower() == b"100-continue":
            self.expects_continue = True

    def on_headers_complete(self) -> None:
        """Let the client send its body."""
        if self.expects_continue and not self.parser.should_upgrade():
            self._wait(None, lambda _: self._write_continue())

    def on_body(self, part: bytes) -> None:
        """Collect the body up to its limit; the rest is read and dropped, so that the client reads the answer."""
        self.body_bytes += len(part)
        if self.body_bytes <= MAX_BODY_BYTES:
            self.parts.append(part)

    def on_message_complete(self) -> None:
        """Let the request wait for its turn."""
        if self.ignores_input or self.parser.should_upgrade():
            return
        method, path = self.parser.get_method().decode(), self._parse_path()
        is_old = self.parser.get_http_version() == "1.0"
        is_last = is_old or not self.parser.should_keep_alive()
        self.ignores_input = is_last
        refusal = find_refusal(*self.checked_headers.values(), self.shared.own_names)
        if refusal:
            response = make_refusal(refusal)
            self._wait(None, lambda _: self._write(response, is_last=is_last, has_body=method != "HEAD"))
        elif (method, path) != ("POST", "/"):
            self._wait(None, lambda _: self._answer_route(method, path, is_last=is_last, is_old=is_old))
        elif self.body_bytes > MAX_BODY_BYTES:
            self._wait(None, lambda _: self._write(TOO_LARGE_RESPONSE, is_last=is_last))
        else:
            body = b"".join(self.parts)
            if not (is_last or self.expects_continue):
                self.shared.heads.learn(self.whole, body)
            self._wait(body, lambda reply: self._write_reply(reply, is_last=is_last))
        self._begin()

    def _parse_path(self) -> str:
        try:
            path: bytes | None = httptools.parse_url(self.target).path
        except httptools.HttpParserInvalidURLError:
            return ""  # there is nothing at it
        return (path or b"/").decode("latin-1")

    def _wait(self, body: bytes | None, respond: Callable[[Reply | None], None]) -> None:
        self.shared.turns.add(Waiting(body, respond))

    def _refuse(self, response: Response) -> None:
        """Refuse bytes that are not HTTP, after earlier answers. The start of the next request is unknown."""
        if not self.ignores_input:
            self.ignores_input = True
            self._wait(None, lambda _: self._write(response, is_last=True))

    def _answer_route(self, method: str, path: str, *, is_last: bool, is_old: bool) -> None:
        response = route(self.shared.server, method, path)
        if isinstance(response, Response):
            self._write(response, is_last=is_last, has_body=method != "HEAD")
        elif self.shared.streams.is_full:
            self._write(FULL_RESPONSE, is_last=is_last)
        else:
            self._open_stream(response, is_old=is_old)

    def _write_reply(self, reply: Reply | None, *, is_last: bool = False) -> None:
        assert reply, "it had a body"
        self._write(Response(reply.status, reply.body, JSON), is_last=is_last)

    def _write(self, response: Response, *, is_last: bool, has_body: bool = True) -> None:
        if self.transport.is_closing() or self.stream:
            return
        self.transport.write(frame_response(response, is_last=is_last, has_body=has_body))
        if is_last:
            self.transport.close()

    def _write_continue(self) -> None:
        if not (self.transport.is_closing() or self.stream):
            self.transport.write(CONTINUE)

    def _open_stream(self, request: StreamRequest, *, is_old: bool) -> None:
        if self.transport.is_closing() or self.stream:
            return
        self.ignores_input = True
        self.transport.write(frame_stream_head(is_old=is_old))
        self.stream = Stream(request.group, request.pid, self.transport, frame_event if is_old else frame_chunk)
        self.stream.is_blocked = self.is_blocked
        self.shared.streams.add(self.stream)
