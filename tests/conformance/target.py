"""Sends plain JSON to one server: the suite must also send what no typed client would.

A server is behind HTTP, or it is the embedded one in this process: where HTTP is not the subject, that is twice as
cheap.
"""

import json
import socket
from collections import deque
from functools import lru_cache
from typing import BinaryIO, NamedTuple, Protocol
from urllib.parse import urlsplit

from durable.embedded.embedded import EmbeddedServer
from durable.wire.envelope import VERSION

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None

START = 1_000_000  # where the virtual clock of every script begins, in ms
TIMEOUT = 300  # seconds; only a hang reaches it
JSON_TYPE = "application/json"


class Answer(NamedTuple):
    """An answer; the body is decoded JSON, or text."""

    status: int
    content_type: str | None
    body: Json


def body_of(kind: str, data: Json, now: int = START, *, corr_id: str = "c") -> bytes:
    """Encode one request at the time `now`."""
    head: Json = {"corrId": corr_id, "version": VERSION, "resonate:debug_time": now}
    return json.dumps({"kind": kind, "head": head, "data": data}).encode()


class Channel(Protocol):
    """Takes requests and gives their answers back in the same order."""

    def send(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        """Send these bytes and leave the answer for `receive`: another server can be asked meanwhile."""

    def receive(self) -> Answer:
        """Return the answer to what was sent."""

    def close(self) -> None:
        """Hang up."""


class Head(NamedTuple):
    """The first part of a response: its names are in small letters."""

    status: int
    headers: dict[str, str]


def read_head(incoming: BinaryIO) -> Head:
    """Read up to the empty line after the headers."""
    words = incoming.readline().split(maxsplit=2)
    if len(words) < 2:
        message = f"no response but {words}"
        raise ConnectionError(message)
    headers = {}
    while (line := incoming.readline()).strip() != b"":
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    if line == b"":
        message = f"a response that ended after {headers}"
        raise ConnectionError(message)
    return Head(int(words[1]), headers)


def read_body(incoming: BinaryIO, length: int) -> bytes:
    """Read as many bytes as the head has announced."""
    content = incoming.read(length)
    if len(content) < length:
        message = f"a response that ended after {len(content)} of {length} bytes"
        raise ConnectionError(message)
    return content


class HttpChannel:
    """One kept-alive connection, opened by the first request and again when it is lost.

    The client of the standard library takes more processor time for a request than either server does.
    """

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._host, self._port = address.hostname or "", address.port or 0
        self._connection: tuple[socket.socket, BinaryIO] | None = None

    def send(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        """Send these bytes and leave the answer for `receive`."""
        lines = [f"{method} {path} HTTP/1.1", f"host: {self._host}:{self._port}", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        request = "\r\n".join([*lines, "", ""]).encode() + body
        if self._connection is None:
            line = socket.create_connection((self._host, self._port), timeout=TIMEOUT)
            self._connection = line, line.makefile("rb")
        try:
            self._connection[0].sendall(request)
        except BaseException:
            self.close()
            raise

    def receive(self) -> Answer:
        """Read the answer to what was sent."""
        assert self._connection, "nothing was sent"
        try:
            status, headers = read_head(self._connection[1])
            content = read_body(self._connection[1], int(headers["content-length"]))
        except BaseException:
            self.close()  # what is half read must not answer the next request
            raise
        if headers.get("connection", "").lower() == "close":
            self.close()
        kind = headers.get("content-type")
        decoded = json.loads(content) if kind == JSON_TYPE and content else content.decode("utf-8", "replace")
        return Answer(status, kind, decoded)

    def close(self) -> None:
        """Hang up; a further request would connect again."""
        for part in self._connection or ():
            part.close()
        self._connection = None


@lru_cache(maxsize=4)
def _decode(body: bytes) -> Json:
    """Decode an answer once: two servers that agree give the same bytes."""
    decoded: Json = json.loads(body)
    return decoded


class DirectChannel:
    """Calls the embedded server in this process, with the same bytes as over HTTP."""

    def __init__(self, server: EmbeddedServer) -> None:
        self._server = server
        self._answers: deque[Answer] = deque()

    def send(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        """Have the server answer."""
        assert (method, path, headers) == ("POST", "/", None), "the other routes need HTTP"
        reply = self._server.reply(body)
        self._answers.append(Answer(reply.status, JSON_TYPE, _decode(reply.body)))

    def receive(self) -> Answer:
        """Return the oldest answer."""
        return self._answers.popleft()

    def close(self) -> None:
        """Do nothing: its owner closes the server."""


class Target:
    """A server in debug mode."""

    def __init__(self, name: str, channel: Channel) -> None:
        """Ask the server behind this channel."""
        self.name = name
        self.send = channel.send
        self.receive = channel.receive
        self.close = channel.close

    def raw(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        """Send these bytes and return the answer."""
        self.send(method, path, body, headers)
        return self.receive()

    def call(self, kind: str, data: Json, now: int = START) -> Answer:
        """Send one request that happens at `now`."""
        return self.raw("POST", "/", body_of(kind, data, now))

    def data(self, kind: str, data: Json, now: int = START) -> Json:
        """Send one request and return its answer's data."""
        body = self.call(kind, data, now).body
        assert isinstance(body, dict), f"{self.name} answered {kind} with {body!r}"
        return body["data"]

    def begin(self) -> None:
        """Stop the clock and delete everything."""
        self.call("debug.start", {})
        self.call("debug.reset", {})

    def snap(self) -> Json:
        """Return the whole state."""
        return self.data("debug.snap", {})
