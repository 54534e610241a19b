"""The laptop's endpoint for uploads on a socket, for tests of those who send to it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

from lambdas.trigger.settings import UploadAccess
from local.gateway_paths import UPLOADS_PATH
from local.http_server import make_server
from local.server_process import HOST, free_port
from local.upload_endpoint import UploadEndpoint


@contextmanager
def serve_uploads(folder: Path) -> Iterator[UploadAccess]:
    """Take uploads into a folder inside the block, and give what signs their addresses."""
    port = free_port()
    access = UploadAccess(url=f"http://{HOST}:{port}{UPLOADS_PATH}", region="laptop", key_id="k", secret="s")  # noqa: S106
    loop, ready = asyncio.new_event_loop(), threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        runner = web.ServerRunner(make_server(UploadEndpoint(folder, access).answer, max_body_bytes=1_000))
        await runner.setup()
        await web.TCPSite(runner, HOST, port).start()
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    try:
        yield access
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
