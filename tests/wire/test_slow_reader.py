"""A server that reads a request slowly cannot hold a caller longer than the timeout of a write."""

import socket
import ssl
from contextlib import ExitStack, suppress
from threading import Event, Thread
from typing import Self

import pytest

from durable.wire.errors import Unavailable
from durable.wire.limits import Limits
from durable.wire.records import Value
from durable.wire.requests import PromiseCreate
from tests.wire.conftest import MakeClient

SENT_BYTES = 16 * 2**20  # more bytes than the sockets of both sides hold


class SlowReader(Thread):
    """Reads slowly, and counts the bytes, until the client gives up."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        super().__init__()
        self.seen = 0
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        self.url = f"http{'s' if tls else ''}://localhost:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def run(self) -> None:
        """Serve the one connection that comes."""
        plain, _ = self._listener.accept()
        with suppress(OSError), ExitStack() as stack:
            stack.enter_context(plain)
            sock = stack.enter_context(self._tls.wrap_socket(plain, server_side=True)) if self._tls else plain
            while piece := sock.recv(16_384):
                self.seen += len(piece)
                Event().wait(0.005)


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_request_that_is_read_too_slowly_times_out(scheme: str, make_client: MakeClient, tls: ssl.SSLContext) -> None:
    """The timeout covers the whole write, and not each piece that the server reads."""
    request = PromiseCreate(id="p", timeout_at=1, param=Value(data="A" * SENT_BYTES))
    with SlowReader(tls if scheme == "https" else None) as reader:
        with pytest.raises(Unavailable, match="in time"):
            make_client(reader.url, limits=Limits(connect_timeout=0.5, response_timeout=0.5, retries=0)).create(request)
        reader.join()
        assert reader.seen < SENT_BYTES
