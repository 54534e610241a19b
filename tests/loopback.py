"""Servers of a test on the loopback address, each in a thread that ends with its block, also when the test fails."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer

POLL = 0.01  # seconds until it notices that it is to end


@contextmanager
def running(server: BaseServer) -> Iterator[None]:
    """Answer requests inside the block; a thread that went on would keep the whole process."""
    thread = threading.Thread(target=server.serve_forever, args=(POLL,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve by HTTP inside the block; give its host and port. An answer that is still owed at the end is let go."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        with running(server):
            yield f"127.0.0.1:{server.server_port}"
