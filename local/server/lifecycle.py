"""Runs the embedded server: listens, ticks the clock, and shuts down on a signal."""

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
from .http_api import MAX_BODY, HttpApi
from .push import Push
from .settings import Settings
from .store import Store, UnusableError
from .streams import Streams

# Due actions per round: some milliseconds of work, then requests are answered.
MAX_DUE_PER_ROUND = 500
# For open event streams to end; requests need none, because each is answered without a pause.
GRACE_SECONDS = 0.1
# The SDK sends promise ids in a header; the library's own limit is 8 KiB.
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
        streams, push = Streams(), Push(server.metrics.count_push)
        delivery = Delivery(server, streams, push, url)
        async with _open_api(HttpApi(server, streams, delivery), listener), asyncio.TaskGroup() as group:
            clock = group.create_task(_run_clock(server, delivery, settings.timeouts_interval / 1000))
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
async def _open_api(api: HttpApi, listener: socket.socket) -> AsyncIterator[None]:
    # The library's own limit of a body is 1 MiB.
    request = partial(web.BaseRequest, loop=asyncio.get_running_loop(), client_max_size=MAX_BODY)
    # handler_cancellation: a dead worker's stream ends at once, not at the next write.
    http_server = web.Server(
        api.handle,
        request_factory=request,
        handler_cancellation=True,
        access_log=None,
        auto_decompress=False,
        max_line_size=MAX_FIELD,
        max_field_size=MAX_FIELD,
    )
    runner = web.ServerRunner(http_server, shutdown_timeout=GRACE_SECONDS)
    await runner.setup()
    await web.SockSite(runner, listener, backlog=BACKLOG).start()
    try:
        yield
    finally:
        await runner.cleanup()


async def _run_clock(server: EmbeddedServer, delivery: Delivery, interval: float) -> None:
    while True:
        await asyncio.sleep(interval)
        while not server.is_paused and server.tick(MAX_DUE_PER_ROUND):
            delivery.wake()
            await asyncio.sleep(0)
        delivery.wake()
