"""Runs the embedded server: listens, ticks the clock, and shuts down on a signal."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from functools import partial
from urllib.parse import urlsplit

from .embedded import EmbeddedServer
from .http_connection import Connection, HttpServer
from .push import Push
from .settings import Settings
from .store import Store, UnusableError
from .streams import Streams
from .turns import Turns

# Due actions per round: some milliseconds of work, then requests are answered.
MAX_DUE_PER_ROUND = 500
# For clients to read what was written to them; each request is answered without a pause.
GRACE_SECONDS = 0.1
BACKLOG = 1024  # a thousand workers may connect at once


async def serve(settings: Settings, store: Store) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(ending, stop.set)
    with closing(_listen(settings.host, settings.port)) as listener:
        url = settings.url or f"http://{settings.host}:{listener.getsockname()[1]}"
        server = EmbeddedServer(store, retry_timeout=settings.retry_timeout, url=url, debug=settings.debug)
        streams, push = Streams(), Push(server.metrics.count_push)
        turns = Turns(server, streams, push)
        own_names = frozenset(name.lower() for name in (settings.host, urlsplit(url).hostname or ""))
        http = HttpServer(server=server, streams=streams, turns=turns, own_names=own_names)
        async with _open_http(http, listener), asyncio.TaskGroup() as group:
            clock = group.create_task(_run_clock(server, turns, settings.timeouts_interval / 1000))
            print(f"server: ready on {url}, data in {settings.data}", flush=True)  # noqa: T201 - scripts wait for this line
            await stop.wait()
            clock.cancel()
        await push.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise UnusableError(
            f"cannot listen on {host}:{port} ({os.strerror(error.errno or 0)}): "
            "stop what uses that port, or choose another with --port (0 takes a free one)"
        ) from error
    return listener


@asynccontextmanager
async def _open_http(http: HttpServer, listener: socket.socket) -> AsyncIterator[None]:
    server = await asyncio.get_running_loop().create_server(partial(Connection, http), sock=listener, backlog=BACKLOG)
    try:
        yield
    finally:
        server.close()
        http.turns.run()
        for connection in http.connections:
            connection.transport.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), GRACE_SECONDS)
        for connection in http.connections:
            connection.transport.abort()


async def _run_clock(server: EmbeddedServer, turns: Turns, interval: float) -> None:
    while True:
        await asyncio.sleep(interval)
        while not server.is_paused and server.tick(MAX_DUE_PER_ROUND):
            turns.wake()
            await asyncio.sleep(0)
        turns.wake()
