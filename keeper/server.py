"""Looks at the server from outside: whether it is ready, and how much it has done. It holds no token and needs none.

While its database is away the server answers /ready only after half a minute: whoever does not answer in time is not
ready.
"""

import asyncio
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final, Self
from urllib.parse import urlsplit

_PATIENCE: Final = 2.0  # seconds; it is in the same task, and answers in milliseconds
_MOST: Final = 2**20  # bytes; its page of metrics has about ten thousand
_REQUESTS: Final = "resonate_request_total"
# Not resonate_deliveries_total: that one counts what is pushed over HTTP, and ours is read from an event stream.
_DELIVERIES: Final = "resonate_messages_total"


@dataclass(frozen=True)
class Totals:
    """What the server has done since it started."""

    requests: float
    deliveries: float

    def since(self, before: Self) -> Self:
        """What came since then; one that counts less than before has been restarted and began at nothing."""
        if self.requests < before.requests or self.deliveries < before.deliveries:
            return self
        return replace(self, requests=self.requests - before.requests, deliveries=self.deliveries - before.deliveries)


class Server:
    """The server's two open pages."""

    def __init__(self, *, ready_url: str, metrics_url: str) -> None:
        self._ready_url: Final = ready_url
        self._metrics_url: Final = metrics_url

    async def is_ready(self) -> bool:
        """Whether it would do work now."""
        return await _page(self._ready_url) is not None

    async def totals(self) -> Totals | None:
        """What it counted, if it says so."""
        page = await _page(self._metrics_url)
        return None if page is None else Totals(_sum(page, _REQUESTS), _sum(page, _DELIVERIES))


def _sum(page: str, name: str) -> float:
    """Add up a counter over its labels; one that has not counted yet is not on the page."""
    values = (line.rsplit(" ", 1)[-1] for line in page.splitlines() if line.startswith((f"{name}{{", f"{name} ")))
    return sum(float(value) for value in values)


async def _page(url: str) -> str | None:
    """Read a page, or nothing when it does not come whole, in time and as a success."""
    try:
        async with asyncio.timeout(_PATIENCE):
            head, _, body = (await _exchange(url)).partition(b"\r\n\r\n")
    except (OSError, TimeoutError):
        return None
    return body.decode(errors="replace") if head.split(b" ")[1:2] == [str(HTTPStatus.OK.value).encode()] else None


async def _exchange(url: str) -> bytes:
    """Ask in HTTP/1.0, where an answer ends with its connection; without a thread, it can be dropped at any moment."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        writer.write(f"GET {parts.path or '/'} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
        await writer.drain()
        answer = b""
        while len(answer) < _MOST and (piece := await reader.read(65_536)):
            answer += piece
        return answer
    finally:
        writer.close()
