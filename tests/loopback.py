"""Servers of a test on the loopback address, each in a thread that ends with its block, also when the test fails."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer
from ssl import SSLContext

POLL_SECONDS = 0.01  # between two checks for the end


@contextmanager
def serve_in_thread(server: BaseServer) -> Iterator[None]:
    """Answer requests inside the block. At its end the thread is joined, or it would keep the process alive."""
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serve_http(handler: type[BaseHTTPRequestHandler], tls: SSLContext | None = None) -> Iterator[str]:
    """Serve by HTTP inside the block, and give host and port. Requests that are unanswered at the end are dropped."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        server.daemon_threads = True
        server.block_on_close = False
        with serve_in_thread(server):
            yield f"127.0.0.1:{server.server_port}"
