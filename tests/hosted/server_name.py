"""The server's name in the network: new connections go to the present server, existing ones stay where they are.

So does a DNS name with a short lifetime, while ECS replaces a task by one with another address.
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

_CHUNK_BYTES: Final = 65_536
_CONNECT_SECONDS: Final = 1.0
_KIND: Final = re.compile(rb'"kind": ?"([a-z_.]+)"')


class ServerName:
    """Clients use `url`; the server listens on `port`."""

    def __init__(self, port: int) -> None:
        self.url: Final = f"http://{HOST}:{port}"
        self.port = 0
        self.request_counts: Final = Counter[str]()  # by kind


@contextmanager
def forward_connections() -> Iterator[ServerName]:
    """Forward connections to the server inside the block."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), socket.create_connection((HOST, server_name.port), _CONNECT_SECONDS) as there:
                there.settimeout(None)
                back = threading.Thread(target=_pump, args=(there, self.request, Counter[str]()), daemon=True)
                back.start()
                _pump(self.request, there, server_name.request_counts)
                back.join()

    with _Server((HOST, 0), Handler) as server:
        server_name = ServerName(server.server_address[1])
        with serve_in_thread(server):
            yield server_name


class _Server(ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128


def _pump(source: socket.socket, target: socket.socket, kinds: Counter[str]) -> None:
    """Forward data and the end of this direction."""
    with suppress(OSError):
        while chunk := source.recv(_CHUNK_BYTES):
            target.sendall(chunk)
            kinds.update(found.decode() for found in _KIND.findall(chunk))
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
