"""Serves HTTP on this machine until the process is told to end."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web

from durable.embedded.cross_site import CHECKED_HEADERS, find_refusal

type Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
type Close = Callable[[], Awaitable[None]]


def refuse_foreign_page(request: web.BaseRequest, own_names: frozenset[str]) -> web.Response | None:
    """Return the refusal for a request of a foreign web page: a server on this machine asks for no credentials."""
    refusal = find_refusal(*(request.headers.get(name, "") for name in CHECKED_HEADERS), own_names)
    if refusal is None:
        return None
    return web.json_response({"error": refusal.sentence, "code": refusal.code}, status=refusal.status)


def run_server(  # noqa: PLR0913 - callers name them
    name: str, host: str, port: int, handle: Handle, *, close: Close, max_body_bytes: int
) -> None:
    """Answer requests until SIGTERM or SIGINT, then `close`. If the address cannot be used, end the program."""
    try:
        asyncio.run(_serve(host, port, handle, close=close, max_body_bytes=max_body_bytes))
    except OSError as error:
        sys.exit(f"{name}: {host}:{port} cannot be used ({os.strerror(error.errno or 0)}): choose another --port")


def make_server(handle: Handle, *, max_body_bytes: int) -> web.Server:
    """Return a server with this handler, for the running loop."""
    request = partial(web.BaseRequest, loop=asyncio.get_running_loop(), client_max_size=max_body_bytes)
    return web.Server(
        handle,
        request_factory=request,
        access_log=None,
        logger=_make_quiet_logger(),
        auto_decompress=False,  # AWS passes bodies on unchanged
    )


async def _serve(host: str, port: int, handle: Handle, *, close: Close, max_body_bytes: int) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, stop.set)
    runner = web.ServerRunner(make_server(handle, max_body_bytes=max_body_bytes), shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    await stop.wait()
    await runner.cleanup()
    await close()


def _make_quiet_logger() -> logging.Logger:
    """Return a logger for the HTTP server that writes a client's error as one line, without a traceback."""

    def shorten(record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        record.msg, record.args = f"{record.getMessage()}{f': {type(error).__name__}' if error else ''}", ()
        record.exc_info = record.exc_text = None
        return True

    quiet = logging.getLogger(f"{__name__}.http")
    quiet.addFilter(shorten)
    return quiet
