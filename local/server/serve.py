"""Runs the embedded server: it listens, looks at the clock, and ends cleanly when it is told to."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from functools import partial

from aiohttp import web

from .delivery import Delivery
from .embedded import EmbeddedServer
from .front import MAX_BODY, Front
from .push import Push
from .seats import Seats
from .settings import Settings
from .store import Store, UnusableError

# How much of what is due is done in one go: some milliseconds' work, then requests have their turn.
CHUNK = 500
# Seconds that open event streams get to end; a request needs none, it is answered in one go.
GRACE = 0.1
# Promise ids stand in a header of the SDK's; the library's own limit is 8 KiB.
MAX_FIELD = 64 * 1024
BACKLOG = 1024  # a thousand workers may connect at once


async def serve(settings: Settings, store: Store) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(ending, stop.set)
    server = EmbeddedServer(store, retry_timeout=settings.retry_timeout, debug=settings.debug)
    with closing(_listen(settings.host, settings.port)) as listener:
        url = settings.url or f"http://{settings.host}:{listener.getsockname()[1]}"
        seats, push = Seats(), Push(server.metrics.count_push)
        delivery = Delivery(server, seats, push, url)
        async with _open_front(Front(server, seats, delivery), listener), asyncio.TaskGroup() as group:
            clock = group.create_task(_watch_the_clock(server, delivery, settings.timeouts_interval / 1000))
            print(f"server: ready on {url}, data in {settings.data}", flush=True)  # noqa: T201 - for who started it
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
async def _open_front(front: Front, listener: socket.socket) -> AsyncIterator[None]:
    # The library's own limit of a body is 1 MiB.
    request = partial(web.BaseRequest, loop=asyncio.get_running_loop(), client_max_size=MAX_BODY)
    # handler_cancellation: a stream whose worker died frees its seat at once, not at the next write.
    http_server = web.Server(
        front.handle,
        request_factory=request,
        handler_cancellation=True,
        access_log=None,
        auto_decompress=False,
        max_line_size=MAX_FIELD,
        max_field_size=MAX_FIELD,
    )
    runner = web.ServerRunner(http_server, shutdown_timeout=GRACE)
    await runner.setup()
    await web.SockSite(runner, listener, backlog=BACKLOG).start()
    try:
        yield
    finally:
        await runner.cleanup()


async def _watch_the_clock(server: EmbeddedServer, delivery: Delivery, interval: float) -> None:
    while True:
        await asyncio.sleep(interval)
        while not server.is_paused and server.tick(CHUNK):
            delivery.wake()
            await asyncio.sleep(0)
        delivery.wake()
