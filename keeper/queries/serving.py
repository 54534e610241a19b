"""Serves the queries on their port, until the task is canceled."""

import asyncio
from typing import Final

from aiohttp import web

from keeper.settings import QuerySettings

from .http_api import IsAllowed, QueryApi, is_local
from .port import JobIndex

_LOOPBACK: Final = "127.0.0.1"
_EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 in a container, behind a security group and with tokens
_DRAIN_SECONDS: Final = 1.0  # for answers under way


async def serve_queries(index: JobIndex, settings: QuerySettings) -> None:
    """Serve. Without a key that tokens are checked with, only programs of this machine reach the port."""
    app = QueryApi(index, _make_check(settings)).make_app()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_DRAIN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, _EVERYWHERE if settings.tokens else _LOOPBACK, settings.port).start()
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def _make_check(settings: QuerySettings) -> IsAllowed:
    if settings.tokens is None:
        return is_local
    from .tokens import TokenCheck  # noqa: PLC0415 - takes as long to import as the rest, and a laptop has no tokens

    check = TokenCheck.of(settings.tokens)
    return lambda request: check.is_valid(request.headers.get("Authorization", ""))
