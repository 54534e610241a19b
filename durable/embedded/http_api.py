"""The routes: POST / for requests, GET /poll/{group}/{pid} for event streams, health, readiness and metrics."""

from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote

from msgspec import json

from .cross_site import Refusal
from .embedded import EmbeddedServer
from .metrics import CONTENT_TYPE

JSON = b"content-type: application/json\r\n"
TEXT = b"content-type: text/plain; charset=utf-8\r\n"
EVENTS = b"content-type: text/event-stream\r\ncache-control: no-cache\r\n"
METRICS = f"content-type: {CONTENT_TYPE}\r\n".encode()
GONE_BODY = b'{"error":"This endpoint is no longer supported. Please update to the latest SDK."}'
LEGACY_PATHS = ("promises", "tasks", "schedules")

_encode = json.Encoder().encode


class Response(NamedTuple):
    """A response; `headers` are whole lines."""

    status: int
    body: bytes = b""
    headers: bytes = b""


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """What a valid request for an event stream asks for."""

    group: str
    pid: str


NOT_FOUND_RESPONSE = Response(404)
GONE_RESPONSE = Response(410, GONE_BODY, JSON)
BAD_REQUEST_RESPONSE = Response(400)
TOO_LARGE_RESPONSE = Response(413, b"Failed to buffer the request body: length limit exceeded", TEXT)
FULL_RESPONSE = Response(503, b"Poll registration at capacity", TEXT)


def route(server: EmbeddedServer, method: str, path: str) -> Response | StreamRequest:
    """Answer everything but POST /, by the raw path: %2F is not a slash."""
    match path.split("/")[1:]:
        case [""]:
            return _refuse_method("POST")
        case ["poll", group, pid] if pid:
            return _route_stream(method, group, pid)
        case ["health" | "ready" | "metrics" as page]:
            return _answer_page(server, page) if method in ("GET", "HEAD") else _refuse_method("GET, HEAD")
        case [name, *rest] if name in LEGACY_PATHS and rest != [""]:
            return GONE_RESPONSE
        case _:
            return NOT_FOUND_RESPONSE


def make_refusal(refusal: Refusal) -> Response:
    """Return the answer to a request that a foreign web page may have caused."""
    status, code, sentence = refusal
    return Response(status, _encode({"error": sentence, "code": code}), JSON)


def _route_stream(method: str, group: str, pid: str) -> Response | StreamRequest:
    if method == "HEAD":
        return Response(200, headers=EVENTS)
    if method != "GET":
        return _refuse_method("GET, HEAD")
    try:
        return StreamRequest(unquote(group, errors="strict"), unquote(pid, errors="strict"))
    except UnicodeDecodeError as error:
        return Response(400, f"Invalid URL: {error}".encode(), TEXT)


def _answer_page(server: EmbeddedServer, page: str) -> Response:
    if page == "metrics":
        return Response(200, server.metrics.page(), METRICS)
    is_healthy = page == "health" or server.is_ready()
    return Response(200 if is_healthy else 503)


def _refuse_method(methods: str) -> Response:
    return Response(405, headers=f"allow: {methods}\r\n".encode())
