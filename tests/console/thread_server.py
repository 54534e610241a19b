"""Serves HTTP in a thread of the tests."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from aiohttp import web

from local.http_server import Close, Handle, make_server
from local.server_process import HOST

MAX_BODY_BYTES = 10 * 2**20


async def _close_nothing() -> None:
    """Close nothing."""


@contextmanager
def serve_in_thread(handles: Mapping[int, Handle], close: Close = _close_nothing) -> Iterator[None]:
    """Serve at these ports inside the block, then `close`."""
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def serve() -> None:
        runners = []
        for port, handle in handles.items():
            runner = web.ServerRunner(make_server(handle, max_body_bytes=MAX_BODY_BYTES), shutdown_timeout=1)
            await runner.setup()
            await web.TCPSite(runner, HOST, port).start()
            runners.append(runner)
        ready.set()
        await stop.wait()
        for runner in runners:
            await runner.cleanup()
        await close()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
