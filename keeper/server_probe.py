"""Read the server's readiness and counters. Both pages need no token.

While its database is unavailable the server answers /ready after half a minute, so a slow answer counts as not ready.
"""

import asyncio
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final, Self
from urllib.parse import urlsplit

_TIMEOUT_SECONDS: Final = 2.0  # the server runs in the same task, and answers in milliseconds
_MAX_BYTES: Final = 2**20  # its metrics page has about ten thousand
_REQUESTS_METRIC: Final = "resonate_request_total"
# Not resonate_deliveries_total, which counts HTTP pushes: our workers read an event stream.
_DELIVERIES_METRIC: Final = "resonate_messages_total"


@dataclass(frozen=True)
class Totals:
    """The server's counters since its start."""

    requests: float
    deliveries: float

    def since(self, before: Self) -> Self:
        """Return the increase. Counters that went down belong to a restarted server and count from zero."""
        if self.requests < before.requests or self.deliveries < before.deliveries:
            return self
        return replace(self, requests=self.requests - before.requests, deliveries=self.deliveries - before.deliveries)


class ServerProbe:
    """Reads the server's readiness and metrics pages."""

    def __init__(self, *, ready_url: str, metrics_url: str) -> None:
        self._ready_url: Final = ready_url
        self._metrics_url: Final = metrics_url

    async def is_ready(self) -> bool:
        """Whether the server accepts work now."""
        return await _fetch(self._ready_url) is not None

    async def totals(self) -> Totals | None:
        """Return the server's counters, or None if the page is not available."""
        page = await _fetch(self._metrics_url)
        return None if page is None else Totals(_sum(page, _REQUESTS_METRIC), _sum(page, _DELIVERIES_METRIC))


def _sum(page: str, name: str) -> float:
    """Add up a counter over its labels; a counter that is still zero is not on the page."""
    values = (line.rsplit(" ", 1)[-1] for line in page.splitlines() if line.startswith((f"{name}{{", f"{name} ")))
    return sum(float(value) for value in values)


async def _fetch(url: str) -> str | None:
    """Return the page, or None unless it arrives complete, in time and with status 200."""
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            head, _, body = (await _exchange(url)).partition(b"\r\n\r\n")
    except (OSError, TimeoutError):
        return None
    return body.decode(errors="replace") if head.split(b" ")[1:2] == [str(HTTPStatus.OK.value).encode()] else None


async def _exchange(url: str) -> bytes:
    """Send an HTTP/1.0 request, whose response ends with the connection. Without a thread it can be canceled."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        writer.write(f"GET {parts.path or '/'} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
        await writer.drain()
        response = b""
        while len(response) < _MAX_BYTES and (chunk := await reader.read(65_536)):
            response += chunk
        return response
    finally:
        writer.close()
