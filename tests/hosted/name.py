"""The server's name in the network: connections that begin go to where the server is now, those that are stay.

That is what a name with a short life does while one task follows another, which has an address of its own.
"""

import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Final

from local.server_process import HOST
from tests.loopback import serve_in_thread

_PIECE: Final = 65_536
_CONNECT: Final = 1.0  # seconds
_KIND: Final = re.compile(rb'"kind": ?"([a-z_.]+)"')


class Name:
    """`url` is what clients are given; `port` is where the server listens."""

    def __init__(self, port: int) -> None:
        self.url: Final = f"http://{HOST}:{port}"
        self.port = 0
        self.asked: Final = Counter[str]()  # requests that passed, by their kind


@contextmanager
def name() -> Iterator[Name]:
    """Pass connections on until the block ends."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), socket.create_connection((HOST, meant.port), _CONNECT) as there:
                there.settimeout(None)
                back = threading.Thread(target=_pump, args=(there, self.request, Counter[str]()), daemon=True)
                back.start()
                _pump(self.request, there, meant.asked)
                back.join()

    with _Server((HOST, 0), Handler) as server:
        meant = Name(server.server_address[1])
        with serve_in_thread(server):
            yield meant


class _Server(ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128


def _pump(source: socket.socket, target: socket.socket, kinds: Counter[str]) -> None:
    """Pass on what comes, and its end, which is the end of one direction only."""
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
            kinds.update(found.decode() for found in _KIND.findall(piece))
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
