"""The network side: POST / for requests, GET /poll/{group}/{pid} for event streams, health, readiness and metrics."""

from urllib.parse import unquote

from aiohttp import web

from .delivery import Delivery
from .embedded import EmbeddedServer
from .metrics import CONTENT_TYPE
from .seats import Seats

MAX_BODY = 2 * 2**20  # the real server's limit
JSON = {"content-type": "application/json"}
EVENTS = {"content-type": "text/event-stream", "cache-control": "no-cache"}
TOO_LARGE = "Failed to buffer the request body: length limit exceeded"
FULL = "Poll registration at capacity"
GONE = b'{"error":"This endpoint is no longer supported. Please update to the latest SDK."}'
LEGACY = ("promises", "tasks", "schedules")


class Front:
    """Turns HTTP requests into the server's, and answers them."""

    def __init__(self, server: EmbeddedServer, seats: Seats, delivery: Delivery) -> None:
        """Serve this server."""
        self.server = server
        self.seats = seats
        self.delivery = delivery

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Find what a path is for. The path is looked at as it was sent: %2F is no slash."""
        match request.rel_url.raw_path.split("/")[1:]:
            case [""]:
                return await self._request(request) if request.method == "POST" else _only("POST")
            case ["poll", group, pid] if pid:
                return await self._seat(request, group, pid)
            case ["health" | "ready" | "metrics" as page]:
                return self._page(page) if request.method in ("GET", "HEAD") else _only("GET, HEAD")
            case [name, *rest] if name in LEGACY and rest != [""]:
                return web.Response(status=410, body=GONE, headers=JSON)
            case _:
                return web.Response(status=404)

    async def _request(self, request: web.BaseRequest) -> web.Response:
        if request.headers.get("expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413, text=TOO_LARGE)
        reply = self.server.reply(body)
        self.delivery.wake()
        return web.Response(status=reply.status, body=reply.body, headers=JSON)

    async def _seat(self, request: web.BaseRequest, group: str, pid: str) -> web.StreamResponse:
        if request.method == "HEAD":
            return web.Response(headers=EVENTS)
        if request.method != "GET":
            return _only("GET, HEAD")
        try:
            group, pid = unquote(group, errors="strict"), unquote(pid, errors="strict")
        except UnicodeDecodeError as error:
            return web.Response(status=400, text=f"Invalid URL: {error}")
        if self.seats.are_full:
            return web.Response(status=503, text=FULL)
        return await self._stream(request, group, pid)

    async def _stream(self, request: web.BaseRequest, group: str, pid: str) -> web.StreamResponse:
        response = web.StreamResponse(headers=EVENTS)
        # The seat is taken before the client learns of it: what it creates from then on reaches it.
        with self.seats.take(group, pid) as seat:
            await response.prepare(request)
            while True:
                await seat.hand_over(lambda message: response.write(b"data: " + message + b"\n\n"))

    def _page(self, page: str) -> web.Response:
        if page == "metrics":
            return web.Response(body=self.server.metrics.page(), headers={"content-type": CONTENT_TYPE})
        is_well = page == "health" or self.server.is_ready()
        return web.Response(status=200 if is_well else 503)


def _only(methods: str) -> web.Response:
    return web.Response(status=405, headers={"allow": methods})
