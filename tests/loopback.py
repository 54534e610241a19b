"""Servers of a test on the loopback address, each in a thread that ends with its block, also when the test fails."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
