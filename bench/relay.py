"""Passes bytes on between workers and a server, and counts them."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from local.server_process import HOST

_PIECE: Final = 65_536
_REQUEST: Final = b"POST / HTTP/1.1\r\n"


class Relay:
    """What passed, in bytes, to the server and from it; and how many requests these were."""

    def __init__(self, port: int) -> None:
        self._port: Final = port
        self.url = ""
        self.sent = 0
        self.received = 0
        self.requests = 0

    async def serve(self, ready: threading.Event, end: asyncio.Event) -> None:
        """Pass bytes on until told to end."""
        async with await asyncio.start_server(self._connected, HOST, 0) as server:
            self.url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
            ready.set()
            await end.wait()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(HOST, self._port)
        await asyncio.gather(self._pass(reader, back, up=True), self._pass(there, writer, up=False))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        try:
            while piece := await reader.read(_PIECE):
                if up:
                    self.sent += len(piece)
                    self.requests += piece.count(_REQUEST)
                else:
                    self.received += len(piece)
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            pass  # one of the two has gone
        finally:
            writer.close()


@contextmanager
def relay(port: int) -> Iterator[Relay]:
    """Pass bytes on to a port inside the block."""
    passing, ready = Relay(port), threading.Event()
    loop, end = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(passing.serve(ready, end)), daemon=True)
    thread.start()
    ready.wait()
    yield passing
    loop.call_soon_threadsafe(end.set)
