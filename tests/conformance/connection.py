"""A TCP connection to a server that sends any bytes and reads HTTP responses."""

import json
import socket
import struct
from contextlib import suppress
from typing import Self

from local.server_process import HOST, ServerProcess

from .target import TIMEOUT, Answer, Head, read_head

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # linger for no time: the other side sees a reset and not an end
EVENTS = "text/event-stream"


class Connection:
    """A connection that is closed at the end of its `with` block."""

    def __init__(self, server: ServerProcess, *, receives: int | None = None) -> None:
        """Connect; `receives` bounds what the kernel takes in for a client that does not read."""
        self.socket = socket.socket()
        self.socket.settimeout(TIMEOUT)
        if receives is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
        self.socket.connect((HOST, server.port))
        self._incoming = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, *parts: bytes) -> Self:
        """Send these bytes as they are."""
        self.socket.sendall(b"".join(parts))
        return self

    def post(self, body: bytes, *headers: str) -> Self:
        """Send one request as it should be."""
        return self.send(request("POST", "/", f"content-length: {len(body)}", *headers), body)

    def head(self) -> Head:
        """Read up to the empty line after the headers."""
        return read_head(self._incoming)

    def answer(self) -> Answer:
        """Read one whole response with its length in its head."""
        status, headers = self.head()
        content = self._incoming.read(int(headers["content-length"]))
        kind = headers.get("content-type")
        return Answer(status, kind, json.loads(content) if kind == "application/json" else content.decode())

    def event(self) -> str:
        """Read the data of the next event of a stream, whatever comments and chunk lengths are in between."""
        while not (line := self._incoming.readline()).startswith(b"data: "):
            if line == b"":
                raise ConnectionError("the stream has ended")
        return line.removeprefix(b"data: ").decode().strip()

    def rest(self) -> bytes:
        """Read until the server closes the connection, or drops it because of what it did not read."""
        with suppress(ConnectionResetError):
            return self._incoming.read()
        return b""

    def end(self) -> None:
        """Close the sending side only; the server may have closed the connection already."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Drop the connection as a killed process would."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.close()

    def close(self) -> None:
        """Close the connection in good order."""
        self._incoming.close()
        self.socket.close()


def request(method: str, path: str, *headers: str) -> bytes:
    """Write the head of a request."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", "host: h", *headers, "", ""]).encode()
