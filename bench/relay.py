"""Forward bytes between workers and a server, and count them."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from local.server_process import HOST

_CHUNK_BYTES: Final = 65_536
_REQUEST: Final = b"POST / HTTP/1.1\r\n"


class Relay:
    """Counts requests, and the bytes sent to the server and received from it."""

    def __init__(self, port: int) -> None:
        self._port: Final = port
        self.url = ""
        self.sent = 0
        self.received = 0
        self.requests = 0

    async def serve(self, ready: threading.Event, end: asyncio.Event) -> None:
        """Forward bytes until the end event."""
        async with await asyncio.start_server(self._handle, HOST, 0) as server:
            self.url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
            ready.set()
            await end.wait()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(HOST, self._port)
        await asyncio.gather(
            self._forward(reader, server_writer, up=True), self._forward(server_reader, writer, up=False)
        )

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        try:
            while chunk := await reader.read(_CHUNK_BYTES):
                if up:
                    self.sent += len(chunk)
                    self.requests += chunk.count(_REQUEST)
                else:
                    self.received += len(chunk)
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            pass  # one side has closed the connection
        finally:
            writer.close()


@contextmanager
def open_relay(port: int) -> Iterator[Relay]:
    """Forward bytes to a local port inside the block."""
    relay, ready = Relay(port), threading.Event()
    loop, end = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(relay.serve(ready, end)), daemon=True)
    thread.start()
    ready.wait()
    yield relay
    loop.call_soon_threadsafe(end.set)
