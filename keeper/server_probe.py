"""Read the server's readiness and counters: both pages need no token. All other requests need one.

While its database is unavailable the server answers /ready after half a minute, so a slow answer counts as not ready.
"""

import asyncio
import json
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final, Self
from urllib.parse import urlsplit

_TIMEOUT_SECONDS: Final = 2.0  # the server runs in the same task, and answers in milliseconds
_MAX_REASON: Final = 200  # characters of an answer in a log line
_MAX_BYTES: Final = 2**20  # its metrics page has about ten thousand
_REQUESTS_METRIC: Final = "resonate_request_total"
# Not resonate_deliveries_total, which counts HTTP pushes: our workers read an event stream.
_DELIVERIES_METRIC: Final = "resonate_messages_total"
PROTOCOL: Final = "2026-04-01"  # of workers and trigger; the server refuses another version before it asks for a token
_REQUEST: Final = json.dumps(
    {"kind": "promise.get", "head": {"corrId": "proof", "version": PROTOCOL}, "data": {"id": "proof"}}
)


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


@dataclass(frozen=True)
class _Page:
    """A response of the server."""

    status: int
    text: str


class ServerProbe:
    """Reads the server's readiness and metrics pages, and asks for its protocol."""

    def __init__(self, *, ready_url: str, metrics_url: str) -> None:
        self._ready_url: Final = ready_url
        self._api_url: Final = ready_url.removesuffix("ready")
        self._metrics_url: Final = metrics_url

    async def is_ready(self) -> bool:
        """Whether the server accepts work now."""
        return await _fetch(self._ready_url) is not None

    async def find_protocol_problem(self) -> str | None:
        """Send a request of our protocol without a token; return the answer, unless the server asks for a token."""
        page = await _send(self._api_url, f"POST {{path}} HTTP/1.0\r\nContent-Length: {len(_REQUEST)}", _REQUEST)
        if page and page.status == HTTPStatus.UNAUTHORIZED:
            return None
        return f"HTTP {page.status}, {page.text[:_MAX_REASON]}" if page else "no answer"

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
    page = await _send(url, "GET {path} HTTP/1.0")
    return page.text if page and page.status == HTTPStatus.OK else None


async def _send(url: str, head: str, body: str = "") -> _Page | None:
    """Return the response to a request, or None unless it arrives complete and in time."""
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            response, _, text = (await _exchange(url, head, body)).partition(b"\r\n\r\n")
    except (OSError, TimeoutError):
        return None
    status = (response.split(b" ")[1:2] or [b""])[0]
    return _Page(int(status), text.decode(errors="replace")) if status.isdigit() else None


async def _exchange(url: str, head: str, body: str) -> bytes:
    """Send an HTTP/1.0 request, whose response ends with the connection. Without a thread it can be canceled."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        writer.write(f"{head.format(path=parts.path or '/')}\r\nHost: {parts.netloc}\r\n\r\n{body}".encode())
        await writer.drain()
        response = b""
        while len(response) < _MAX_BYTES and (chunk := await reader.read(65_536)):
            response += chunk
        return response
    finally:
        writer.close()
