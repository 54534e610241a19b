"""A connection to the server with a deadline for each phase: the name lookup, the handshake, the write, the read.

A socket's timeout covers a whole write, but restarts with each read: a server that sends byte by byte could block a
caller for hours. No timeout covers the lookup of a name.
"""

import io
import select
import socket
from collections.abc import Callable
from concurrent.futures import Future
from http.client import HTTPConnection, HTTPResponse
from ssl import SSLContext
from threading import Thread
from time import monotonic  # not a parameter: sockets wait in real time, also in tests
from typing import Final, Self

type Dial = Callable[[tuple[str, int], float], socket.socket]


class _Deadline:
    """The end of one phase of an exchange."""

    def __init__(self, seconds: float) -> None:
        self._end: Final = monotonic() + seconds

    def apply(self, sock: socket.socket) -> None:
        """Let the next operation of the socket wait until the end and no longer."""
        remaining = self._end - monotonic()
        if remaining <= 0:
            raise TimeoutError
        sock.settimeout(remaining)


class _DeadlineReader(io.RawIOBase):
    """Reads from a socket until the deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: _Deadline) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int | None:  # type: ignore[override] # typeshed: any buffer
        self._deadline.apply(self._sock)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    """Reads head and body with one deadline: the socket's timeout when reading began."""

    def __init__(self, sock: socket.socket, debuglevel: int = 0, method: str | None = None) -> None:
        super().__init__(sock, debuglevel, method)
        deadline = _Deadline(sock.gettimeout() or 0)
        self.fp = io.BufferedReader(_DeadlineReader(self.fp.detach(), sock, deadline))


class Connection(HTTPConnection):
    """A connection that is open from the start and never reopens itself: without TLS it would leak the token."""

    auto_open = 0
    response_class = _Response

    @property
    def is_usable(self) -> bool:
        """Whether the connection is open and idle: the server has not closed it, and has sent nothing unasked."""
        if self.sock is None:
            return False
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return not poll.poll(0)

    def wait_at_most(self, seconds: float) -> None:
        """Limit the time of the next write or response."""
        if self.sock is not None:
            self.sock.settimeout(seconds)

    @classmethod
    def open(cls, address: tuple[str, int], seconds: float, *, dial: Dial, tls: SSLContext | None) -> Self:
        """Look up the address, connect and shake hands, all within the given time."""
        connection = cls(*address)
        deadline = _Deadline(seconds)
        sock = _run_within(seconds, lambda: dial(address, seconds))
        try:
            # Head and body are two writes: without this the second waits 40 ms for the first one's acknowledgement.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            deadline.apply(sock)
            connection.sock = tls.wrap_socket(sock, server_hostname=connection.host) if tls else sock
        except BaseException:
            sock.close()
            raise
        return connection


def _run_within(seconds: float, connect: Callable[[], socket.socket]) -> socket.socket:
    """Connect in a thread, because a name lookup cannot be interrupted. A socket that comes too late is closed."""
    outcome: Future[socket.socket] = Future()

    def run() -> None:
        try:
            outcome.set_result(connect())
        except BaseException as error:  # noqa: BLE001 - it is raised where the outcome is awaited
            outcome.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return outcome.result(seconds)
    except TimeoutError:
        outcome.add_done_callback(_close_socket)
        raise


def _close_socket(outcome: Future[socket.socket]) -> None:
    if outcome.exception() is None:
        outcome.result().close()
