"""Health pages of a worker's process, on the loopback address.

The process answers from the event loop that runs its work, so a blocked loop does not answer; a dead worker leaves no
file behind.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final, Protocol

from aiohttp import web

HOST: Final = "127.0.0.1"
_SHUTDOWN_SECONDS: Final = 0.1  # for an open request


class HealthSource(Protocol):
    """What the pages show."""

    @property
    def is_ready(self) -> bool:
        """Whether it takes work."""

    @property
    def is_alive(self) -> bool:
        """Whether it has not failed."""

    @property
    def is_steady(self) -> bool:
        """Whether it was ready once and has not failed."""

    @property
    def gauges(self) -> Mapping[str, int]:
        """Current numbers."""


@asynccontextmanager
async def serve_health(source: HealthSource, port: int | None) -> AsyncIterator[None]:
    """Serve the pages on the port inside the block; None means no pages. Raises OSError if the port is taken."""
    if port is None:
        yield
        return
    application = web.Application()
    pages = _Pages(source)
    application.add_routes(
        web.get(f"/{page.__name__}", page) for page in (pages.ready, pages.alive, pages.steady, pages.gauges)
    )
    runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        yield
    finally:
        await runner.cleanup()


class _Pages:
    def __init__(self, source: HealthSource) -> None:
        self._source: Final = source

    async def ready(self, _: web.Request) -> web.Response:
        return _respond(is_ok=self._source.is_ready)

    async def alive(self, _: web.Request) -> web.Response:
        return _respond(is_ok=self._source.is_alive)

    async def steady(self, _: web.Request) -> web.Response:
        return _respond(is_ok=self._source.is_steady)

    async def gauges(self, _: web.Request) -> web.Response:
        return web.json_response(dict(self._source.gauges))


def _respond(*, is_ok: bool) -> web.Response:
    return web.Response(status=HTTPStatus.OK if is_ok else HTTPStatus.SERVICE_UNAVAILABLE)
