"""A server on a loopback port whose answer to each request the test chooses."""

import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from ssl import SSLContext
from threading import Event, Lock, Thread
from typing import BinaryIO, Self

from msgspec import Raw, Struct, json

from durable.wire.envelope import Head


class Asked(Struct, frozen=True):
    """The envelope of a request."""

    kind: str
    head: Head
    data: Raw


@dataclass(frozen=True)
class Call:
    """A request, and the number of its connection."""

    connection: int
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def asked(self) -> Asked:
        """The envelope in its body."""
        return json.decode(self.body, type=Asked)


@dataclass(frozen=True)
class Exchange:
    """A request and the means to answer it; `over` is set when the test ends, so that no behavior hangs for longer."""

    call: Call
    sock: socket.socket
    over: Event

    def send(self, text: str | bytes) -> None:
        """Send it unchanged."""
        self.sock.sendall(text.encode() if isinstance(text, str) else text)


type Behavior = Callable[[Exchange], bool | None]
"""Answers one request, and returns True when the connection stays open."""


class RogueServer:
    """The server; the last of its behaviors applies to all further requests."""

    def __init__(self, *behaviors: Behavior, tls: SSLContext | None = None) -> None:
        self.calls: list[Call] = []
        self._behaviors = behaviors
        self._tls = tls
        self._over = Event()
        self._lock = Lock()
        self._socks: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http{'s' if tls else ''}://{'localhost' if tls else '127.0.0.1'}:{self.port}"
        self._threads = [Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for sock in (self._listener, *self._socks):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            for number in count(1):
                sock, _ = self._listener.accept()
                self._socks.append(sock)
                self._threads.append(Thread(target=self._serve, args=(sock, number)))
                self._threads[-1].start()

    def _serve(self, plain: socket.socket, number: int) -> None:
        with suppress(OSError), plain:
            sock = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            with sock, sock.makefile("rb") as lines:
                while call := _read_call(lines, number):
                    with self._lock:
                        behavior = self._behaviors[min(len(self.calls), len(self._behaviors) - 1)]
                        self.calls.append(call)
                    if not behavior(Exchange(call, sock, self._over)):
                        break


def _read_call(lines: BinaryIO, number: int) -> Call | None:
    first = lines.readline().split()
    if not first:
        return None
    headers = {}
    while line := lines.readline().decode().strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Call(number, first[1].decode(), headers, lines.read(int(headers["content-length"])))
