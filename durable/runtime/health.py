"""How the worker is, for whoever watches over the process: a page for each question, on this machine's own address.

The process itself answers, from the loop that all its work is on. So a hanging loop is seen by its silence, nothing is
left behind by a worker that died, and no file has to be written.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final, Protocol

from aiohttp import web

HOST: Final = "127.0.0.1"
_GRACE: Final = 0.1  # seconds that an open request has at the end


class Watched(Protocol):
    """What is asked."""

    @property
    def is_ready(self) -> bool:
        """Whether it takes work."""

    @property
    def is_alive(self) -> bool:
        """Whether it can go on."""

    @property
    def is_steady(self) -> bool:
        """Whether it was ready once, and can go on."""

    @property
    def gauges(self) -> Mapping[str, int]:
        """What is here now."""


@asynccontextmanager
async def answering(watched: Watched, port: int | None) -> AsyncIterator[None]:
    """Answer on the port inside the block, if there is one. OSError says that it is taken."""
    if port is None:
        yield
        return
    application = web.Application()
    pages = _Pages(watched)
    questions = (pages.ready, pages.alive, pages.steady, pages.gauges)
    application.add_routes([web.get(f"/{page.__name__}", page) for page in questions])
    runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=_GRACE)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        yield
    finally:
        await runner.cleanup()


class _Pages:
    def __init__(self, watched: Watched) -> None:
        self._watched: Final = watched

    async def ready(self, _: web.Request) -> web.Response:
        return self._answer(is_so=self._watched.is_ready)

    async def alive(self, _: web.Request) -> web.Response:
        return self._answer(is_so=self._watched.is_alive)

    async def steady(self, _: web.Request) -> web.Response:
        return self._answer(is_so=self._watched.is_steady)

    async def gauges(self, _: web.Request) -> web.Response:
        return web.json_response(dict(self._watched.gauges))

    def _answer(self, *, is_so: bool) -> web.Response:
        return web.Response(status=HTTPStatus.OK if is_so else HTTPStatus.SERVICE_UNAVAILABLE)
