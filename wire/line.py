"""One connection to the server on which nothing takes longer than it was given: not a name, a handshake or a drip.

Sockets bound a write as a whole, but each read anew, so that an answer which drips could hold a caller for hours; and
nothing bounds the look-up of a name.
"""

import io
import socket
from collections.abc import Callable
from concurrent.futures import Future
from http.client import HTTPResponse
from ssl import SSLContext
from threading import Thread
from time import monotonic  # not a parameter: sockets wait in real time, whatever a test's clock says
from typing import Final, Self

from urllib3.connection import HTTPConnection

type Dial = Callable[[tuple[str, int], float], socket.socket]


class _Deadline:
    """The end of one phase of an exchange."""

    def __init__(self, seconds: float) -> None:
        self._end: Final = monotonic() + seconds

    def apply(self, sock: socket.socket) -> None:
        """Let what comes next on the socket wait until the end and no longer."""
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError
        sock.settimeout(left)


class _Hurried(io.RawIOBase):
    """What comes in on a socket until the deadline."""

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


class _Answer(HTTPResponse):
    """Head and body share one deadline: the timeout that the socket had when reading began."""

    def __init__(self, sock: socket.socket, debuglevel: int = 0, method: str | None = None) -> None:
        super().__init__(sock, debuglevel, method)
        deadline = _Deadline(sock.gettimeout() or 0)
        self.fp = io.BufferedReader(_Hurried(self.fp.detach(), sock, deadline))


class Line(HTTPConnection):
    """A connection that is open from the start and never opens itself again: a new one says so by being new."""

    auto_open = 0
    response_class = _Answer

    @classmethod
    def open(cls, address: tuple[str, int], seconds: float, *, dial: Dial, tls: SSLContext | None) -> Self:
        """Find the address, connect and shake hands, all within the given time."""
        line = cls(*address)
        deadline = _Deadline(seconds)
        sock = _in_time(lambda: dial(address, seconds), seconds)
        try:
            # Head and body are two writes: without this the second waits 40 ms for the first one's receipt.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            deadline.apply(sock)
            line.sock = tls.wrap_socket(sock, server_hostname=line.host) if tls else sock
        except BaseException:
            sock.close()
            raise
        return line


def _in_time(work: Callable[[], socket.socket], seconds: float) -> socket.socket:
    """Look-ups of names cannot be interrupted, hence a thread; a connection that comes too late is closed by it."""
    outcome: Future[socket.socket] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where the outcome is awaited
            outcome.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return outcome.result(seconds)
    except TimeoutError:
        outcome.add_done_callback(_discard)
        raise


def _discard(outcome: Future[socket.socket]) -> None:
    if outcome.exception() is None:
        outcome.result().close()
