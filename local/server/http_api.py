"""The HTTP side: POST / for requests, GET /poll/{group}/{pid} for event streams, health, readiness and metrics."""

from urllib.parse import unquote

from aiohttp import web

from .delivery import Delivery
from .embedded import EmbeddedServer
from .metrics import CONTENT_TYPE
from .streams import Streams

MAX_BODY = 2 * 2**20  # the real server's limit
JSON = {"content-type": "application/json"}
EVENTS = {"content-type": "text/event-stream", "cache-control": "no-cache"}
TOO_LARGE_TEXT = "Failed to buffer the request body: length limit exceeded"
FULL_TEXT = "Poll registration at capacity"
GONE_BODY = b'{"error":"This endpoint is no longer supported. Please update to the latest SDK."}'
LEGACY_PATHS = ("promises", "tasks", "schedules")


class HttpApi:
    """Answers HTTP requests."""

    def __init__(self, server: EmbeddedServer, streams: Streams, delivery: Delivery) -> None:
        """Pass requests to `server`, and wake `delivery` after each."""
        self.server = server
        self.streams = streams
        self.delivery = delivery

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Route a request by its raw path: %2F is not a slash."""
        match request.rel_url.raw_path.split("/")[1:]:
            case [""]:
                return await self._answer_request(request) if request.method == "POST" else _refuse_method("POST")
            case ["poll", group, pid] if pid:
                return await self._open_stream(request, group, pid)
            case ["health" | "ready" | "metrics" as page]:
                return self._answer_page(page) if request.method in ("GET", "HEAD") else _refuse_method("GET, HEAD")
            case [name, *rest] if name in LEGACY_PATHS and rest != [""]:
                return web.Response(status=410, body=GONE_BODY, headers=JSON)
            case _:
                return web.Response(status=404)

    async def _answer_request(self, request: web.BaseRequest) -> web.Response:
        if request.headers.get("expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413, text=TOO_LARGE_TEXT)
        reply = self.server.reply(body)
        self.delivery.wake()
        return web.Response(status=reply.status, body=reply.body, headers=JSON)

    async def _open_stream(self, request: web.BaseRequest, group: str, pid: str) -> web.StreamResponse:
        if request.method == "HEAD":
            return web.Response(headers=EVENTS)
        if request.method != "GET":
            return _refuse_method("GET, HEAD")
        try:
            group, pid = unquote(group, errors="strict"), unquote(pid, errors="strict")
        except UnicodeDecodeError as error:
            return web.Response(status=400, text=f"Invalid URL: {error}")
        if self.streams.is_full:
            return web.Response(status=503, text=FULL_TEXT)
        return await self._write_stream(request, group, pid)

    async def _write_stream(self, request: web.BaseRequest, group: str, pid: str) -> web.StreamResponse:
        response = web.StreamResponse(headers=EVENTS)
        # Registered before the response starts: messages that the client then causes reach it.
        with self.streams.register(group, pid) as stream:
            await response.prepare(request)
            while True:
                await stream.write_next(lambda message: response.write(b"data: " + message + b"\n\n"))

    def _answer_page(self, page: str) -> web.Response:
        if page == "metrics":
            return web.Response(body=self.server.metrics.page(), headers={"content-type": CONTENT_TYPE})
        is_healthy = page == "health" or self.server.is_ready()
        return web.Response(status=200 if is_healthy else 503)


def _refuse_method(methods: str) -> web.Response:
    return web.Response(status=405, headers={"allow": methods})
